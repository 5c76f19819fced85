import type { Individual } from '@galapagos/population';
import { z } from 'zod';
import { defineCommand, directory, json, printJson } from '../command.js';
import { diffDna, dnaDiffShape } from '../dna-diff.js';
import { drawDiff } from '../draw-diff.js';
import { findMeant } from '../find.js';
import { fit } from '../format.js';
import { openPopulation } from '../ground.js';
import { kinshipOf, kinshipShape } from '../kinship.js';
import { stateShape } from '../states.js';

const sideShape = z.strictObject({
  id: z.string(),
  state: stateShape,
  fitness: z.number().nullable(),
  seconds: z.number().nullable(),
  steps: z.int().nullable(),
  flops: z.number().nullable(),
  parameters: z.int().nullable(),
});

const shape = z.strictObject({
  first: sideShape,
  second: sideShape,
  kinship: kinshipShape,
  dna: dnaDiffShape,
});

export const diffCommand = defineCommand({
  name: 'diff',
  describe:
    'What differs between two individuals: fitness, cost, DNA, and the mutations that lead from one to the other',
  positionals: {
    ...directory,
    a: { describe: 'The first, w1-12 say, or best', type: 'string', demandOption: true },
    b: { describe: 'The second', type: 'string', demandOption: true },
  },
  options: json,
  examples: [['diff runs/a w1-12 best', 'what has made the best one of w1-12']],
  output: shape,
  run: async ({ dir, a, b, json: asJson }, terminal) => {
    const population = await openPopulation(dir);
    const { image } = population.experiment.search;
    const [first, second] = [await findMeant(population, a), await findMeant(population, b)];
    const relation = await kinshipOf(population, first.id, second.id);
    const dna = diffDna(first.dna, second.dna, image);
    if (asJson) {
      const { kinship } = relation;
      printJson(terminal, shape, { first: sideOf(first), second: sideOf(second), kinship, dna });
      return 0;
    }
    for (const line of fit(drawDiff([first, second], dna, relation, image), terminal.columns))
      terminal.out(line);
    return 0;
  },
});

function sideOf({ id, state, evaluation }: Individual): z.infer<typeof sideShape> {
  return {
    id,
    state,
    fitness: evaluation?.fitness ?? null,
    seconds: evaluation?.seconds ?? null,
    steps: evaluation?.steps ?? null,
    flops: evaluation?.flops ?? null,
    parameters: evaluation?.parameters ?? null,
  };
}
