import { uniform } from '../random.js';
import { convolutionOf } from '../shape.js';
import { type Mutation, pickAlterableConvolution } from './mutation.js';

/**
 * Moves the log2 of a random convolution's stride by up to 1 either way, every value alike, not below 0.
 * Half to twice, the rule of the other numbers, would never leave 0.
 */
export const alterStride: Mutation = (dna, random) => {
  const site = pickAlterableConvolution(dna, random);
  if (site === undefined) return undefined;
  const [id, edge] = site;
  const before = convolutionOf(edge).stride;
  edge.strideScale = uniform(random, Math.max(0, edge.strideScale - 1), edge.strideScale + 1);
  return `${id} stride ${before} to ${convolutionOf(edge).stride}`;
};
