import type { ImageSet } from './dataset.js';
import { DatasetError } from './errors.js';

/**
 * What turns bytes into numbers around 0: `(byte - mean[channel]) / deviation[channel]`.
 * Both are in units of bytes, 0 to 255, one entry per channel.
 */
export interface Normalization {
  mean: number[];
  deviation: number[];
}

/**
 * Mean and (population) standard deviation of every channel. Call it with the *training* examples: what is learnt
 * from validation or test images, be it a mean, leaks.
 *
 * The deviation of a channel that is the same everywhere counts as 1, so that dividing by it is harmless.
 *
 * Thrown when the set is empty, or its images have another number of channels (`bad-argument`).
 */
export function normalizationOf(set: ImageSet, channels: number): Normalization {
  const { images } = set;
  if (images.length === 0 || images.length % channels !== 0) {
    throw new DatasetError('bad-argument', `${images.length} bytes are not images of ${channels} channels.`);
  }
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    // Counting how often each value occurs keeps the sums exact, whatever the size of the set.
    const occurrences = new Float64Array(256);
    for (let at = channel; at < images.length; at += channels) occurrences[images[at]!]! += 1;
    const pixels = images.length / channels;
    const average = occurrences.reduce((sum, times, value) => sum + times * value, 0) / pixels;
    const squares = occurrences.reduce((sum, times, value) => sum + times * (value - average) ** 2, 0);
    mean.push(average);
    deviation.push(Math.sqrt(squares / pixels) || 1);
  }
  return { mean, deviation };
}
