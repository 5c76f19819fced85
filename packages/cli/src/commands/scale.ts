import { askToGiveBack, cancel, isPending } from '@galapagos/launcher';
import { defineCommand } from '../command.js';
import { openPopulation } from '../ground.js';
import { launchMore } from '../launch/launch-slurm.js';
import { refuseTooMany } from '../refuse-crowd.js';
import { openTasks, slurmLaunches } from '../launch/slurm-jobs.js';
import { countWorkers } from '../launch/tell-ends.js';
import { UsageError } from '../usage-error.js';

export const scaleCommand = defineCommand({
  name: 'scale',
  describe: 'Change how many workers Slurm runs: more by another array job, fewer from the newest on',
  positionals: {
    dir: {
      describe: 'The directory of the experiment (or GALAPAGOS_DIR)',
      type: 'string',
      demandOption: true,
    },
    workers: { describe: 'How many are to work, or wait for their turn', type: 'string', demandOption: true },
  },
  options: {},
  examples: [
    ['scale runs/a 16', 'of 6 that work, 10 more, as the newest launch --slurm was'],
    [
      'scale runs/a 2',
      'of 6, those that wait go first; of those that work, 4 give back what they hold and leave',
    ],
  ],
  run: async ({ dir, workers: wanted }, terminal) => {
    const workers = Number(wanted);
    if (!(Number.isInteger(workers) && workers >= 1))
      throw new UsageError(`${wanted}: a whole number of workers, at least 1; galapagos stop ends all`);
    const population = await openPopulation(dir);
    const [newest] = await slurmLaunches(population);
    if (newest === undefined)
      throw new UsageError(
        `${dir}: nobody has launched it on Slurm (galapagos launch ${dir} --slurm --workers ${workers}); on one machine start another galapagos launch beside the first, or end one`,
      );
    const open = await openTasks(population);
    if (open.length < workers) {
      refuseTooMany(population.experiment.search, workers, terminal);
      const more = workers - open.length;
      const job = await launchMore(population, newest.launch, more);
      terminal.err(`${dir}: ${countWorkers(open.length)} and ${more} more, job ${job}`);
      return 0;
    }
    const leaving = [...open.filter(isPending), ...open.filter((task) => !isPending(task))].slice(
      0,
      open.length - workers,
    );
    const [waiting, running] = [leaving.filter(isPending), leaving.filter((task) => !isPending(task))];
    await cancel(waiting);
    await askToGiveBack(running);
    const what = [
      ...(waiting.length === 0 ? [] : [`${waiting.length} that waited are taken out of the queue`]),
      ...(running.length === 0
        ? []
        : [
            `${running.map(({ id }) => id).join(', ')} ${running.length === 1 ? 'gives back what it holds and leaves' : 'give back what they hold and leave'}`,
          ]),
    ];
    terminal.err(
      `${dir}: ${countWorkers(workers)}${what.length === 0 ? ', as it was' : `: ${what.join('; ')}`}`,
    );
    return 0;
  },
});
