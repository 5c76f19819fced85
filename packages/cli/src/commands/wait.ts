import { defineCommand, directory } from '../command.js';
import { ExitCode } from '../exit-codes.js';
import { finishOf } from '../finished.js';
import { openPopulation } from '../ground.js';
import { untilInterrupted } from '../interruption.js';
import { secondsOf } from '../workers-option.js';

/** Seconds between two looks: as often as anybody who waits for hours wants to know. */
const LOOK_SECONDS = 5;

export const waitCommand = defineCommand({
  name: 'wait',
  describe: 'Wait until a search has come to its end: 0 when it has, 4 when the time is over before',
  positionals: directory,
  options: {
    for: { describe: 'Wait no longer than so long: 30m, 2h', type: 'string', requiresArg: true },
  },
  examples: [['wait runs/a --for 12h && galapagos best runs/a', 'in a script']],
  run: async ({ dir, for: most }, terminal) => {
    const seconds = most === undefined ? Infinity : secondsOf('for', most);
    const population = await openPopulation(dir);
    const { clock } = population;
    const end = clock.monotonic() + seconds;
    const interruption = untilInterrupted();
    try {
      for (;;) {
        const { isFinished, words } = await finishOf(population);
        terminal.status(words);
        const left = end - clock.monotonic();
        if (isFinished || left <= 0 || interruption.signal.aborted) {
          terminal.status('');
          terminal.err(words);
          if (isFinished) return ExitCode.done;
          return interruption.signal.aborted ? ExitCode.interrupted : ExitCode.notFinished;
        }
        await clock.sleep(Math.min(LOOK_SECONDS, left), interruption.signal);
      }
    } finally {
      interruption.close();
    }
  },
});
