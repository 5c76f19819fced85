import { type Dna, type Shape, inferShapes } from '@galapagos/dna';
import { z } from 'zod';
import { describeShape } from './network-rows.js';

const valueShape = z.union([z.number(), z.string(), z.boolean()]);

const changeShape = z.strictObject({
  id: z.string(),
  field: z.string(),
  before: valueShape.nullable().describe('Null where it had no such field.'),
  after: valueShape.nullable(),
});
export type Change = z.infer<typeof changeShape>;

const partsShape = z.strictObject({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(changeShape),
});
type PartsDiff = z.infer<typeof partsShape>;

/** What is different in the second of two DNAs. */
export const dnaDiffShape = z.strictObject({
  rates: z.array(
    z.strictObject({
      field: z.enum(['learningRate', 'weightDecayRate']),
      before: z.number(),
      after: z.number(),
    }),
  ),
  vertices: partsShape,
  edges: partsShape,
  sizes: z
    .array(z.strictObject({ vertex: z.string(), before: z.string(), after: z.string() }))
    .describe(
      'Height×width×channels of vertices that both have, where they differ: they follow from the edges.',
    ),
});
export type DnaDiff = z.infer<typeof dnaDiffShape>;

/** Compares two DNAs part by part: an id that both have is the same vertex or edge, since ids are drawn once. */
export function diffDna(before: Dna, after: Dna, image: Shape): DnaDiff {
  const rates = (['learningRate', 'weightDecayRate'] as const)
    .map((field) => ({ field, before: before[field], after: after[field] }))
    .filter((rate) => rate.before !== rate.after);
  return {
    rates,
    vertices: diffParts(before.vertices, after.vertices),
    edges: diffParts(before.edges, after.edges),
    sizes: diffSizes(before, after, image),
  };
}

type Part = Readonly<Record<string, number | string | boolean | readonly string[]>>;

function diffParts(before: Readonly<Record<string, Part>>, after: Readonly<Record<string, Part>>): PartsDiff {
  const [old, young] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return {
    added: [...young.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !young.has(id)),
    changed: [...young].flatMap(([id, part]) => changesOf(id, old.get(id) ?? part, part)),
  };
}

function changesOf(id: string, before: Part, after: Part): Change[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields
    .map((field) => ({ id, field, before: scalar(before[field]), after: scalar(after[field]) }))
    .filter((change) => change.before !== change.after);
}

/** Lists are those of a vertex's edges, which the edges say themselves. */
function scalar(value: Part[string] | undefined): number | string | boolean | null {
  return typeof value === 'object' || value === undefined ? null : value;
}

function diffSizes(before: Dna, after: Dna, image: Shape): DnaDiff['sizes'] {
  const old = new Map(Object.entries(inferShapes(before, image).vertices));
  return Object.entries(inferShapes(after, image).vertices).flatMap(([vertex, shape]) => {
    const was = describeShape(old.get(vertex) ?? shape);
    const is = describeShape(shape);
    return was === is ? [] : [{ vertex, before: was, after: is }];
  });
}
