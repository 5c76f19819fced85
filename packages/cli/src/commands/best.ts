import { bestEntry } from '@galapagos/population';
import { defineCommand, directory, json, printJson } from '../command.js';
import { describeBest } from '../describe-best.js';
import { findMeant } from '../find.js';
import { fit } from '../format.js';
import { openPopulation } from '../ground.js';
import { drawLeaderboard } from '../leaderboard.js';
import { individualShape } from '../shapes.js';
import { UsageError } from '../usage-error.js';

const shape = individualShape.nullable().describe('Null where nobody has been evaluated.');

export const bestCommand = defineCommand({
  name: 'best',
  describe: 'The best that ever lived: the leaderboard, the best network and its line of ancestors',
  positionals: directory,
  options: {
    ...json,
    top: { describe: 'Rows of the leaderboard', type: 'number', default: 5, requiresArg: true },
  },
  output: shape,
  examples: [
    ['best runs/a --top 20', 'a longer leaderboard'],
    ['best runs/a --json', 'the best individual, for a script'],
  ],
  run: async ({ dir, json: asJson, top }, terminal) => {
    if (!Number.isInteger(top) || top < 1) throw new UsageError('--top: a whole number, at least 1');
    const population = await openPopulation(dir);
    const best = await bestEntry(population);
    if (best === undefined) {
      terminal.err(`${dir}: nobody has been evaluated yet`);
      if (asJson) printJson(terminal, shape, null);
      return 0;
    }
    if (asJson) {
      printJson(terminal, shape, await findMeant(population, best.id));
      return 0;
    }
    const { columns } = terminal;
    for (const line of fit(await drawLeaderboard(population, top), columns)) terminal.out(line);
    for (const line of await describeBest(population, best.id, columns)) terminal.out(line);
    return 0;
  },
});
