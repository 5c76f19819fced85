import { uniform } from '../random.js';
import { type Mutation, short } from './mutation.js';

/** Multiplies the learning rate by 2^U(-1, 1). */
export const alterLearningRate: Mutation = (dna, random) => {
  const before = dna.learningRate;
  dna.learningRate = before * 2 ** uniform(random, -1, 1);
  return `learning rate ${short(before)} to ${short(dna.learningRate)}`;
};
