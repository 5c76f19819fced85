import { defineCommand, directory } from '../command.js';
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
  },
  examples: [['launch runs/a --workers 2 --for 2h', 'two workers, two hours']],
  run: async (args, terminal) => {
    requireWorkers(args.workers);
    const seconds = args.for === undefined ? undefined : secondsOf('for', args.for);
    const population = await openPopulation(args.dir);
    const { exitCode, isForced } = await launch({
      population,
      workers: args.workers ?? defaultWorkers(population, 4),
      seconds,
      backend: args.backend,
      terminal,
    });
    if (exitCode === 0 && !isForced) terminal.err(`Ended. Look: galapagos best ${args.dir}`);
    return exitCode;
  },
});
