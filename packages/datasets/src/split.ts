import type { ImageSet, Parts, Source } from './dataset.js';
import { DatasetError } from './errors.js';
import { select } from './image-set.js';
import { createRandom } from './random.js';
import { shuffledIndices } from './shuffle.js';

const SPLIT_STREAM = 1;

/** How many examples go where. */
export interface SplitOptions {
  seed: number;
  /** Taken from the pool only where the source has no validation set of its own. */
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
export function split({ pool, ownValidation, ownTest }: Source, options: SplitOptions): Parts {
  const test = ownTest ? 0 : options.test;
  const validation = ownValidation ? 0 : options.validation;
  const left = pool.count - test - validation;
  const train = options.train ?? left;
  if (train < 1 || train > left) {
    const asked = `${ownTest ? '' : `${test} for test, `}${
      ownValidation ? '' : `${validation} for validation and `
    }${options.train ?? 'at least 1'} for training`;
    throw new DatasetError(
      'too-few-examples',
      `There are ${pool.count} examples; asked for ${asked}. Ask for fewer.`,
    );
  }
  const order = shuffledIndices(pool.count, createRandom(options.seed, SPLIT_STREAM));
  const trainStart = test + validation;
  const dealt = (from: number, to: number): ImageSet => select(pool, order.subarray(from, to));
  return {
    test: ownTest ?? dealt(0, test),
    validation: ownValidation ?? dealt(test, trainStart),
    train: dealt(trainStart, trainStart + train),
  };
}
