import { insertLayer } from './insert-layer.js';
import type { Mutation } from './mutation.js';

/** Inserts an identity edge, placed like a convolution. */
export const insertOneToOne: Mutation = (dna, random) => {
  const where = insertLayer(dna, random, { type: 'IDENTITY' });
  return where === undefined ? undefined : `identity ${where}`;
};
