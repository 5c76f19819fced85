import { defineCommand, directory, json, printJson } from '../command.js';
import { openPopulation } from '../ground.js';
import { Observer } from '../observer.js';
import { statusDocument, statusShape } from '../status-shape.js';
import { describeStatus } from '../status-view.js';
import { watchStatus } from '../watch-status.js';

export const statusCommand = defineCommand({
  name: 'status',
  describe: 'How a search is doing',
  positionals: directory,
  options: {
    watch: {
      describe:
        'Go on until Ctrl-C: redrawn on a terminal, a line per change in a pipe; JSON, one document per line',
      type: 'boolean',
      alias: 'w',
      default: false,
    },
    ...json,
  },
  output: statusShape,
  examples: [
    ['status runs/a', 'once'],
    [
      'status runs/a --watch',
      'with rates, the time that is left, and workers of other hosts that fell silent',
    ],
    ['status runs/a --json', 'for a script'],
  ],
  run: async ({ dir, watch, json: asJson }, terminal) => {
    const population = await openPopulation(dir);
    if (watch) {
      await watchStatus(population, asJson, terminal);
      return 0;
    }
    const look = await new Observer(population).look();
    if (asJson) printJson(terminal, statusShape, statusDocument(look));
    else for (const line of describeStatus(look)) terminal.out(line);
    return 0;
  },
});
