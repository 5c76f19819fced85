import { giveOrder, nodeHost, summarize } from '@galapagos/population';
import { defineCommand, directory } from '../command.js';
import { openPopulation } from '../ground.js';

export const stopCommand = defineCommand({
  name: 'stop',
  describe: 'Tell all workers, on whatever machine, to give back what they hold and leave',
  positionals: directory,
  options: {},
  examples: [['stop runs/a', 'on every machine; galapagos launch goes on later']],
  run: async ({ dir }, terminal) => {
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
    return 0;
  },
});
