import type { ImageSet, Source } from './dataset.js';
import { DatasetError } from './errors.js';
import { createRandom } from './random.js';
import { shuffledIndices } from './shuffle.js';

const SPLIT_STREAM = 1;

/** How many examples go where. */
export interface SplitOptions {
  seed: number;
  validation: number;
  /** Taken from the pool only where the source has no test set of its own. */
  test: number;
  /** Absent: all that remain. */
  train: number | undefined;
}

/**
 * Splits once, by a plain (not stratified) shuffle of the pool that only the seed and the pool's size decide.
 *
 * The shuffled examples are dealt out in the order test, validation, train. So a different `validation` or `train`
 * never moves an image out of the test set, and the three never overlap. The images keep the shuffled order.
 *
 * Thrown when the pool is too small (`too-few-examples`): at least one image must remain for training.
 */
export function split(
  source: Source,
  options: SplitOptions,
): { train: ImageSet; validation: ImageSet; test: ImageSet } {
  const { pool, ownTest } = source;
  const test = ownTest ? 0 : options.test;
  const left = pool.count - test - options.validation;
  const train = options.train ?? left;
  if (train < 1 || train > left) {
    const asked = `${ownTest ? '' : `${test} for test, `}${options.validation} for validation and ${
      options.train ?? 'at least 1'
    } for training`;
    throw new DatasetError('too-few-examples', `There are ${pool.count} examples; asked for ${asked}.`);
  }
  const order = shuffledIndices(pool.count, createRandom(options.seed, SPLIT_STREAM));
  const trainStart = test + options.validation;
  return {
    test: ownTest ?? select(pool, order.subarray(0, test)),
    validation: select(pool, order.subarray(test, trainStart)),
    train: select(pool, order.subarray(trainStart, trainStart + train)),
  };
}

/** The chosen images, copied, in the order of the indices. */
function select(set: ImageSet, indices: Uint32Array): ImageSet {
  const size = set.images.length / set.count;
  const images = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  indices.forEach((index, position) => {
    images.set(set.images.subarray(index * size, (index + 1) * size), position * size);
    labels[position] = set.labels[index]!;
  });
  return { images, labels, count: indices.length };
}
