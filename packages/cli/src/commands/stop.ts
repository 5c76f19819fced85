import { giveOrder, nodeHost, summarize } from '@galapagos/population';
import { defineCommand, directory } from '../command.js';
import { endJobs } from '../launch/end-jobs.js';
import { openPopulation } from '../ground.js';
import { secondsOf } from '../workers-option.js';

export const stopCommand = defineCommand({
  name: 'stop',
  describe: 'Tell all workers, on whatever machine, to give back what they hold and leave',
  positionals: directory,
  options: {
    grace: {
      describe: 'Under Slurm: how long to wait for jobs to end by themselves, before they are cancelled',
      type: 'string',
      requiresArg: true,
      default: '2m',
    },
  },
  examples: [['stop runs/a', 'on every machine; galapagos launch goes on later']],
  run: async ({ dir, grace }, terminal) => {
    const graceSeconds = secondsOf('grace', grace);
    const population = await openPopulation(dir);
    await giveOrder(population, { order: 'stop' });
    const working = (await summarize(population, nodeHost)).workers.filter(
      ({ state }) => state === 'working',
    );
    terminal.err(
      working.length === 0
        ? `${dir}: the order is given, and nobody is working`
        : `${dir}: the order is given; ${working.map(({ name }) => name).join(', ')} ${working.length === 1 ? 'leaves' : 'leave'} within seconds. Workers that start later go on.`,
    );
    await endJobs(population, graceSeconds, terminal);
    return 0;
  },
});
