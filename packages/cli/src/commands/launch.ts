import { type Population, nodeHost, summarize } from '@galapagos/population';
import type { BackendChoice } from '@galapagos/trainer';
import { defineCommand, directory } from '../command.js';
import { quote } from '../format.js';
import { gpuOptions, planGpus } from '../gpu-plan.js';
import { openPopulation } from '../ground.js';
import { launchOnSlurm } from '../launch-slurm.js';
import { launch } from '../launch.js';
import { type SlurmRequest, refuseWithoutSlurm, slurmOptions } from '../slurm-options.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import {
  backendOption,
  defaultWorkers,
  requireWorkers,
  secondsOf,
  workersOption,
} from '../workers-option.js';

export const launchCommand = defineCommand({
  name: 'launch',
  describe: 'Start workers on this machine, or under Slurm, and show how it goes',
  positionals: directory,
  options: {
    ...workersOption,
    for: { describe: 'Stop after so long: 30m, 2h', type: 'string', requiresArg: true },
    ...backendOption,
    ...gpuOptions,
    ...slurmOptions,
  },
  examples: [
    ['launch runs/a --workers 2 --for 2h', 'two workers, two hours'],
    ['launch runs/a --gpus 0,1 --workers-per-gpu 2', 'four workers on two GPUs'],
    [
      'launch runs/a --slurm --workers 32 --time 4:00:00 --gres gpu:1',
      'an array job: a worker and a GPU in each task',
    ],
    ['launch runs/a --slurm --workers 32 --dry-run', 'the job script, to be read or changed'],
  ],
  run: async (args, terminal) => {
    requireWorkers(args.workers);
    const seconds = args.for === undefined ? undefined : secondsOf('for', args.for);
    const population = await openPopulation(args.dir);
    refuseWithoutSlurm(args);
    if (args.slurm) return await onSlurm(population, args, terminal);
    const { workers, backend, gpus: asked, 'workers-per-gpu': workersPerGpu } = args;
    const gpus = await planGpus({ gpus: asked, workersPerGpu, workers, backend }, terminal);
    const { exitCode, isForced } = await launch({
      population,
      workers: workers ?? defaultWorkers(population, 4, gpus.places),
      seconds,
      backend,
      gpus,
      terminal,
    });
    if (exitCode === 0 && !isForced) {
      const { reachedBound } = await summarize(population, nodeHost);
      const why = reachedBound === undefined ? '' : `: the budget is spent, ${reachedBound}`;
      terminal.err(`Ended${why}. Look: npx galapagos best ${quote(args.dir)}`);
    }
    return exitCode;
  },
});

/** The options of a launch that Slurm is to carry out. */
interface SlurmArguments extends SlurmRequest {
  readonly workers: number | undefined;
  readonly for: string | undefined;
  readonly gpus: string;
  readonly 'workers-per-gpu': number;
  readonly backend: BackendChoice;
}

async function onSlurm(population: Population, args: SlurmArguments, terminal: Terminal): Promise<number> {
  const { workers, backend } = args;
  if (workers === undefined) throw new UsageError('--slurm: say how many workers, with --workers');
  if (args.for !== undefined)
    throw new UsageError(
      '--for: with --slurm say --time, the limit of each task, or bound the search (galapagos set DIR bounds.wallSeconds=2h)',
    );
  if (
    args.gpus !== gpuOptions.gpus.default ||
    args['workers-per-gpu'] !== gpuOptions['workers-per-gpu'].default
  )
    throw new UsageError('--gpus: with --slurm say what a task gets, with --gres gpu:1');
  return await launchOnSlurm({ population, workers, backend, slurm: args, terminal });
}
