import { formatDna } from '@galapagos/dna';
import { childrenOf, readWorker } from '@galapagos/population';
import { z } from 'zod';
import { defineCommand, directory, individual, json, printJson } from '../command.js';
import { describeIndividual } from '../describe-individual.js';
import { findMeant } from '../find.js';
import { openPopulation } from '../ground.js';
import { individualShape } from '../shapes.js';
import { UsageError } from '../usage-error.js';

const shape = individualShape.extend({ children: z.array(z.string()) });

export const showCommand = defineCommand({
  name: 'show',
  describe:
    'One individual, also of the collected: fitness, parent, children, mutations, seed, cost, curve, failure, network',
  positionals: { ...directory, ...individual },
  options: {
    ...json,
    dna: { describe: 'Print its DNA alone, as JSON', type: 'boolean', default: false },
  },
  examples: [
    ['show runs/a best', 'the best that ever lived'],
    ['show runs/a w1-12 --dna > w1-12.json', 'its DNA, for a script'],
  ],
  output: shape,
  run: async ({ dir, id, json: asJson, dna: onlyDna }, terminal) => {
    if (asJson && onlyDna) throw new UsageError('--json and --dna: one of the two');
    const population = await openPopulation(dir);
    const found = await findMeant(population, id);
    if (onlyDna) {
      terminal.out(formatDna(found.dna).trimEnd());
      return 0;
    }
    const children = await childrenOf(population, found.id);
    if (asJson) {
      printJson(terminal, shape, { ...found, children: children.map((child) => child.id) });
      return 0;
    }
    const owner = found.owner === undefined ? undefined : await readWorker(population, found.owner);
    for (const line of describeIndividual(population, found, { children, owner }, terminal.columns))
      terminal.out(line);
    return 0;
  },
});
