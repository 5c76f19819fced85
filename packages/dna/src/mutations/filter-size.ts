import { coin, uniform } from '../random.js';
import { convolutionOf } from '../shape.js';
import { type Mutation, pickAlterableConvolution } from './mutation.js';

/**
 * Changes the height or the width, at random, of a random convolution's filter, 2h + 1, to half to twice the old
 * one, not below 1. It is stored as h, and odd when built.
 */
export const filterSize: Mutation = (dna, random) => {
  const site = pickAlterableConvolution(dna, random);
  if (site === undefined) return undefined;
  const [id, edge] = site;
  const { filterHeight, filterWidth } = convolutionOf(edge);
  const side = coin(random) ? 'filterHalfHeight' : 'filterHalfWidth';
  const size = 2 * edge[side] + 1;
  edge[side] = (uniform(random, Math.max(1, size / 2), size * 2) - 1) / 2;
  const after = convolutionOf(edge);
  return `${id} filter ${filterHeight}x${filterWidth} to ${after.filterHeight}x${after.filterWidth}`;
};
