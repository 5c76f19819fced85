import { coin } from '../random.js';
import { insertLayer } from './insert-layer.js';
import type { Mutation } from './mutation.js';

/** Inserts a 3x3 convolution of stride 1 or 2 at a random place in the backbone, with the channels of its input. */
export const insertConvolution: Mutation = (dna, random) => {
  const strideScale = coin(random) ? 1 : 0;
  const layer = {
    type: 'CONV',
    depthFactor: 1,
    filterHalfHeight: 1,
    filterHalfWidth: 1,
    strideScale,
  } as const;
  const where = insertLayer(dna, random, layer);
  return where === undefined ? undefined : `3x3${strideScale === 1 ? ' stride 2' : ''} ${where}`;
};
