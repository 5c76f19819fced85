import { Control, giveOrder } from '@galapagos/population';
import { defineCommand, directory } from '../command.js';
import { moment } from '../format.js';
import { openPopulation } from '../ground.js';

export const resumeCommand = defineCommand({
  name: 'resume',
  describe: 'Tell all workers to go on after a pause',
  positionals: directory,
  options: {},
  examples: [['resume runs/a', 'go on after a pause']],
  run: async ({ dir }, terminal) => {
    const population = await openPopulation(dir);
    const control = new Control(population);
    await control.poll();
    const since = control.pausedSince;
    if (since === undefined) {
      terminal.err(`${dir}: was not paused`);
      return 0;
    }
    await giveOrder(population, { order: 'resume' });
    terminal.err(`${dir}: goes on; it was paused since ${moment(since)}`);
    return 0;
  },
});
