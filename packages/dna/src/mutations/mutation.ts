import type { ConvEdge, Dna, EdgeId } from '../dna.js';
import { edgeOf, vertexOf } from '../graph.js';
import { type Random, pick, uniform } from '../random.js';

/** The names of the paper (section 3.3). */
export const MUTATION_NAMES = [
  'ALTER-LEARNING-RATE',
  'IDENTITY',
  'RESET-WEIGHTS',
  'INSERT-CONVOLUTION',
  'REMOVE-CONVOLUTION',
  'ALTER-STRIDE',
  'ALTER-NUMBER-OF-CHANNELS',
  'FILTER-SIZE',
  'INSERT-ONE-TO-ONE',
  'ADD-SKIP',
  'REMOVE-SKIP',
] as const;
export type MutationName = (typeof MUTATION_NAMES)[number];

/**
 * One of the eleven. It changes the DNA that it is given, which is a copy, and says in a few words what it did;
 * where it has no legal site it changes nothing and returns undefined.
 */
export type Mutation = (dna: Dna, random: Random) => string | undefined;

/** A number from half to twice the old one, every value alike (supplement S1); no upper bound. */
export function halfToTwice(random: Random, value: number): number {
  return uniform(random, value / 2, value * 2);
}

/** A convolution whose numbers may be changed: they are properties of the vertex that it leads to. */
export function pickAlterableConvolution(dna: Dna, random: Random): [EdgeId, ConvEdge] | undefined {
  const sites = Object.entries(dna.edges).filter(
    (entry): entry is [EdgeId, ConvEdge] =>
      entry[1].type === 'CONV' && vertexOf(dna, entry[1].to).propertiesMutable,
  );
  return pick(random, sites);
}

/** Whether mutations may change what leaves the one end of an edge and enters the other. */
export function endsAreMutable(dna: Dna, id: EdgeId): boolean {
  const { from, to } = edgeOf(dna, id);
  return vertexOf(dna, from).outputsMutable && vertexOf(dna, to).inputsMutable;
}

/** A float as people read it. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
