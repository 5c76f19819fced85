import { defineCommand, directory } from '../command.js';
import { openPopulation } from '../ground.js';
import { launch, tellIfFailed } from '../launch.js';
import { backendOption, requireWorkers, secondsOf, workersOption } from '../workers-option.js';

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
    const result = await launch({
      population: await openPopulation(args.dir),
      workers: args.workers,
      seconds: args.for === undefined ? undefined : secondsOf('for', args.for),
      backend: args.backend,
      terminal,
    });
    if (tellIfFailed(result, terminal)) terminal.err(`Ended. Look: galapagos best ${args.dir}`);
    return result.exitCode;
  },
});
