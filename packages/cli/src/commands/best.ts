import { bestEntry, lineage } from '@galapagos/population';
import { defineCommand, directory, json } from '../command.js';
import { describeBest } from '../describe-best.js';
import { openPopulation } from '../ground.js';
import { drawLeaderboard } from '../leaderboard.js';

export const bestCommand = defineCommand({
  name: 'best',
  describe: 'The best that ever lived: the leaderboard, the best network and its line of ancestors',
  positionals: directory,
  options: { ...json, top: { describe: 'Rows of the leaderboard', type: 'number', default: 5 } },
  run: async ({ dir, json: asJson, top }, terminal) => {
    const population = await openPopulation(dir);
    const best = await bestEntry(population);
    if (best === undefined) {
      terminal.err(`${dir}: nobody has been evaluated yet`);
      if (asJson) terminal.out('null');
      return 0;
    }
    if (asJson) {
      const [individual] = (await lineage(population, best.id)).slice(-1);
      terminal.out(JSON.stringify(individual, null, 2));
      return 0;
    }
    for (const line of await drawLeaderboard(population, top)) terminal.out(line);
    for (const line of await describeBest(population, best.id)) terminal.out(line);
    return 0;
  },
});
