import { type Mutation, halfToTwice, pickAlterableConvolution, short } from './mutation.js';

/** Changes the depth factor of a random convolution, channels out over channels in, to half to twice the old one. */
export const alterNumberOfChannels: Mutation = (dna, random) => {
  const site = pickAlterableConvolution(dna, random);
  if (site === undefined) return undefined;
  const [id, edge] = site;
  const before = edge.depthFactor;
  edge.depthFactor = halfToTwice(random, before);
  return `${id} channels x${short(before)} to x${short(edge.depthFactor)}`;
};
