import { z } from 'zod';
import { defineCommand, directory, json, printJson } from '../command.js';
import { ExitCode } from '../exit-codes.js';
import { finishOf } from '../finished.js';
import { openPopulation } from '../ground.js';

const shape = z.strictObject({
  isFinished: z.boolean().describe('A bound is reached, and nobody is in training.'),
  reachedBound: z.string().nullable().describe('The bound that is reached, so that nobody begins anything.'),
  training: z.int().describe('Individuals in training.'),
  working: z.int().describe('Workers that say that they work.'),
});

export const checkCommand = defineCommand({
  name: 'check',
  describe: 'Whether a search has come to its end: 0 if it has, 4 if not',
  positionals: directory,
  options: json,
  output: shape,
  examples: [['check runs/a && galapagos best runs/a', 'in a script']],
  run: async ({ dir, json: asJson }, terminal) => {
    const {
      isFinished,
      words,
      reachedBound = null,
      training,
      working,
    } = await finishOf(await openPopulation(dir));
    if (asJson) printJson(terminal, shape, { isFinished, reachedBound, training, working });
    else terminal.out(words);
    return isFinished ? ExitCode.done : ExitCode.notFinished;
  },
});
