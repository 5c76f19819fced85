// Random shapes and numbers, of a seed.
import { type Random, SeededRandom, integer } from '@galapagos/dna';
import { type Values, zeros } from '../support/reference-operations.js';

/** What the plain loops of the referee may multiply in one case. */
const MOST_PRODUCTS = 3e6;

export class Draw {
  readonly #random: Random;

  constructor(seed: string) {
    this.#random = new SeededRandom(seed);
  }

  /** From 1 to `most`: small ones often, those around whole vectors too. */
  size(most: number): number {
    const kind = integer(this.#random, 4);
    if (kind === 0) return 1 + integer(this.#random, Math.min(4, most));
    if (kind === 1)
      return Math.min(most, Math.max(1, 8 * (1 + integer(this.#random, 9)) - 1 + integer(this.#random, 3)));
    return 1 + integer(this.#random, most);
  }

  integer(count: number): number {
    return integer(this.#random, count);
  }

  pick<T>(items: readonly T[]): T {
    return items[integer(this.#random, items.length)] as T;
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** float32 numbers around 0, in float64. */
  values(shape: number[], scale = 1): Values {
    const values = zeros(shape);
    values.data.forEach((_, i) => (values.data[i] = Math.fround(2 * scale * (this.#random.next() - 0.5))));
    return values;
  }

  /** A convolution whose plain loops come to an end. */
  convolution(filters: readonly number[] = [1, 2, 3, 3, 3, 4, 5, 7, 9]): ConvolutionShape {
    for (;;) {
      const [n, height, width] = [this.size(52), this.size(24), this.size(24)];
      const [channels, outputs] = [this.size(70), this.size(70)];
      const [filterHeight, filterWidth] = [this.pick(filters), this.pick(filters)];
      const stride = this.pick([1, 1, 1, 2, 2, 3, 4, 7]);
      const pixels = Math.ceil(height / stride) * Math.ceil(width / stride);
      const products = n * pixels * filterHeight * filterWidth * channels * outputs;
      const numbers = n * height * width * Math.max(channels, outputs);
      if (products > MOST_PRODUCTS || numbers > MOST_PRODUCTS / 10) continue;
      return { n, height, width, channels, outputs, filterHeight, filterWidth, stride };
    }
  }

  /** [n, height, width, channels] of an image that only few numbers are needed of. */
  image(most = 30_000): [number, number, number, number] {
    for (;;) {
      const shape: [number, number, number, number] = [
        this.size(70),
        this.size(33),
        this.size(33),
        this.size(70),
      ];
      if (shape.reduce((product, side) => product * side, 1) <= most) return shape;
    }
  }
}

export interface ConvolutionShape {
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputs: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly stride: number;
}

/** Thrown when a kernel's numbers are not the referee's. */
class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/**
 * @param scale What an error is small against: the sum of the sizes of what is summed, not the sum, which may vanish.
 * @throws Mismatch
 */
export function requireClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  scale: number,
): void {
  if (actual.length !== expected.length)
    throw new Mismatch(`${what}: ${actual.length} numbers instead of ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const [found, wanted] = [actual[i] as number, expected[i] as number];
    // NaN must not pass: it is neither larger nor smaller.
    if (Math.abs(found - wanted) <= tolerance * scale) continue;
    const apart = (Math.abs(found - wanted) / scale).toExponential(1);
    throw new Mismatch(
      `${what}: ${found} instead of ${wanted} at ${i} of ${expected.length}, ${apart} apart`,
    );
  }
}

/** @throws Mismatch */
export function requireTrue(what: string, found: boolean): void {
  if (!found) throw new Mismatch(what);
}

export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most;
}

export function sizes(values: Values): Values {
  return { shape: values.shape, data: values.data.map(Math.abs) };
}
