import { nodeHost, summarize } from '@galapagos/population';
import { defineCommand, directory } from '../command.js';
import { quote } from '../format.js';
import { gpuOptions, planGpus } from '../gpu-plan.js';
import { openPopulation } from '../ground.js';
import { launch } from '../launch.js';
import {
  backendOption,
  defaultWorkers,
  requireWorkers,
  secondsOf,
  workersOption,
} from '../workers-option.js';

export const launchCommand = defineCommand({
  name: 'launch',
  describe: 'Start workers on this machine, and show how it goes',
  positionals: directory,
  options: {
    ...workersOption,
    for: { describe: 'Stop after so long: 30m, 2h', type: 'string', requiresArg: true },
    ...backendOption,
    ...gpuOptions,
  },
  examples: [
    ['launch runs/a --workers 2 --for 2h', 'two workers, two hours'],
    ['launch runs/a --gpus 0,1 --workers-per-gpu 2', 'four workers on two GPUs'],
  ],
  run: async (args, terminal) => {
    requireWorkers(args.workers);
    const seconds = args.for === undefined ? undefined : secondsOf('for', args.for);
    const population = await openPopulation(args.dir);
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
