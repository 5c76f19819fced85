import { Control, giveOrder } from '@galapagos/population';
import { defineCommand, directory } from '../command.js';
import { moment, quote } from '../format.js';
import { openPopulation } from '../ground.js';
import { PROGRAM } from '../program.js';

export const pauseCommand = defineCommand({
  name: 'pause',
  describe: 'Tell all workers to begin nothing new until resume; what is in training is trained to its end',
  positionals: directory,
  options: {},
  examples: [['pause runs/a', 'trainings end, no new one begins; galapagos resume goes on']],
  run: async ({ dir }, terminal) => {
    const population = await openPopulation(dir);
    const control = new Control(population);
    await control.poll();
    if (control.pausedSince !== undefined) {
      terminal.err(`${dir}: was paused already, since ${moment(control.pausedSince)}`);
      return 0;
    }
    await giveOrder(population, { order: 'pause' });
    terminal.err(
      `${dir}: paused, for workers that start later too; what is in training is trained to its end. Go on with: ${PROGRAM} resume ${quote(dir)}`,
    );
    return 0;
  },
});
