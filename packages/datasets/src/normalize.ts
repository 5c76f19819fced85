import { DatasetError } from './errors.js';

/**
 * What turns bytes into numbers around 0: `(byte - mean[channel]) / deviation[channel]`.
 * Both are in units of bytes, 0 to 255, one entry per channel.
 */
export interface Normalization {
  mean: number[];
  deviation: number[];
}

/** How often each value occurs in each channel: that keeps the sums exact, whatever the size of the set. */
export class Tally {
  readonly #occurrences: Float64Array[];

  constructor(channels: number) {
    this.#occurrences = Array.from({ length: channels }, () => new Float64Array(256));
  }

  /** @param images whole pixels, of all channels */
  add(images: Uint8Array): void {
    const channels = this.#occurrences.length;
    this.#occurrences.forEach((occurrences, channel) => {
      for (let at = channel; at < images.length; at += channels) occurrences[images[at]!]! += 1;
    });
  }

  /**
   * Mean and (population) standard deviation of every channel. Let it see the *training* examples only: what is learnt
   * from validation or test images, be it a mean, leaks.
   *
   * The deviation of a channel that is the same everywhere counts as 1, so that dividing by it is harmless.
   *
   * Thrown when there was no pixel (`bad-argument`).
   */
  normalization(): Normalization {
    const mean: number[] = [];
    const deviation: number[] = [];
    for (const occurrences of this.#occurrences) {
      const pixels = occurrences.reduce((sum, times) => sum + times, 0);
      if (pixels === 0) throw new DatasetError('bad-argument', 'An empty set has no normalisation.');
      const average = occurrences.reduce((sum, times, value) => sum + times * value, 0) / pixels;
      // Multiplied, not raised to a power: so every machine and version of Node has the same bits.
      const squares = occurrences.reduce(
        (sum, times, value) => sum + times * ((value - average) * (value - average)),
        0,
      );
      mean.push(average);
      deviation.push(Math.sqrt(squares / pixels) || 1);
    }
    return { mean, deviation };
  }
}
