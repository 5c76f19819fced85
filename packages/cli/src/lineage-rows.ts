import { drawnMutationSchema } from '@galapagos/dna';
import { type Descent, type Individual, type Outline, outlineOf } from '@galapagos/population';
import { z } from 'zod';
import { stateShape } from './states.js';

/** One of a line of ancestors, or of a tree of descendants. */
export const lineageRowShape = z.strictObject({
  id: z.string(),
  parent: z.string().nullable(),
  depth: z.int().describe('Generations after the first of the list.'),
  state: stateShape,
  fitness: z.number().nullable(),
  gain: z.number().nullable().describe('Its fitness less its parent’s.'),
  bornAt: z.string(),
  mutations: z
    .array(drawnMutationSchema)
    .describe('All that were drawn; in a tree, those that were applied.'),
});
type LineageRow = z.infer<typeof lineageRowShape>;

/** A line, the first ancestor first. */
export function rowsOfLine(line: readonly Individual[]): LineageRow[] {
  return line.map((individual, depth) => ({
    ...rowOf(outlineOf(individual), depth),
    mutations: individual.birth.mutations,
  }));
}

/** A tree: each before its children, the eldest of those first. */
export function rowsOfTree(tree: Descent): LineageRow[] {
  const rows: LineageRow[] = [];
  const open = [{ node: tree, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    rows.push(rowOf(node.individual, depth));
    for (const child of node.children.toReversed()) open.push({ node: child, depth: depth + 1 });
  }
  return rows;
}

function rowOf({ id, state, parent, fitness, details }: Outline, depth: number): LineageRow {
  const { parentFitness, bornAt, mutations } = details;
  return {
    id,
    parent,
    depth,
    state,
    fitness,
    gain: parentFitness === null || fitness === null ? null : fitness - parentFitness,
    bornAt,
    mutations: mutations.map((mutation) => ({ ...mutation, outcome: 'applied' })),
  };
}
