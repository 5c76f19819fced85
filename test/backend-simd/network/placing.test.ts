import { CompiledNetwork, KernelError } from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../support.js';
import { graphOf } from './graphs.js';

const side = fc.integer({ min: 1, max: 40 });
const cases = fc.record({
  image: fc.record({
    height: fc.integer({ min: 1, max: 6 }),
    width: side,
    channels: fc.integer({ min: 1, max: 5 }),
  }),
  size: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(255),
  placements: fc.array(
    fc.tuple(
      fc.integer({ min: -8, max: 8 }),
      fc.oneof(fc.integer({ min: -45, max: 45 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1)),
      fc.constantFrom(0, 1),
    ),
    { minLength: 4, maxLength: 4 },
  ),
});

/** Pixel by pixel, as the documentation says it. */
function placed(
  { height, width, channels }: { height: number; width: number; channels: number },
  bytes: Uint8Array,
  [down, right, mirrored]: readonly [number, number, number],
  { mean, deviation }: { mean: number[]; deviation: number[] },
): number[] {
  const out: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromY, fromX] = [y + down, (mirrored === 1 ? width - 1 - x : x) + right];
      const isInside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
      for (let c = 0; c < channels; c++) {
        const byte = bytes[(fromY * width + fromX) * channels + c] ?? NaN;
        out.push(isInside ? (byte - (mean[c] ?? NaN)) / (deviation[c] ?? NaN) : 0);
      }
    }
  }
  return out;
}

describe.each(engines)('images as bytes, $engine', ({ backend }) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  test('are placed, mirrored and normalised; nothing else is touched', () => {
    fc.assert(
      fc.property(cases, ({ image, size, seed, placements }) => {
        const network = new CompiledNetwork(graphOf(image, [], 2), { trainingBatch: size + 1 });
        const length = image.height * image.width * image.channels;
        const mean = Array.from({ length: image.channels }, (_, c) => 100 + c);
        const deviation = Array.from({ length: image.channels }, (_, c) => 50 + 7 * c);
        try {
          const { bytes, images, placements: at } = network.training;
          bytes.forEach((_, i) => (bytes[i] = (i * 37 + seed) % 256));
          images.fill(5);
          at.set(placements.slice(0, size).flat());
          network.training.place({ mean, deviation }, size);
          // Asked for anew: the scratch may have made the memory grow.
          const batch = network.training;
          for (let i = 0; i < size; i++) {
            const [from, to] = [i * length, (i + 1) * length];
            const expected = placed(image, batch.bytes.subarray(from, to), placements[i] ?? [0, 0, 0], {
              mean,
              deviation,
            });
            const found = batch.images.subarray(from, to);
            // Values up to 3, of 24 bits, from one product and one sum.
            const isClose = expected.every((value, j) =>
              value === 0 ? Math.abs(found[j] ?? NaN) < 1e-6 : Math.abs((found[j] ?? NaN) - value) < 1e-6,
            );
            expect(isClose, `example ${i}: ${found.join()} for ${expected.join()}`).toBe(true);
          }
          expect(batch.images.subarray(size * length).every((value) => value === 5)).toBe(true);
        } finally {
          network.dispose();
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  test('what does not fit is refused', () => {
    const network = new CompiledNetwork(graphOf({ height: 2, width: 2, channels: 3 }, [], 2), {
      trainingBatch: 2,
    });
    const three = { mean: [0, 0, 0], deviation: [1, 1, 1] };
    expect(() => network.training.place({ mean: [0], deviation: [1] }, 2)).toThrow(KernelError);
    expect(() => network.training.place({ mean: [0], deviation: [1] }, 2)).toThrow(
      /1 means and 1 deviations for images of 3 channels/,
    );
    for (const count of [-1, 3, 0.5])
      expect(() => network.training.place(three, count)).toThrow(/examples of a batch of 2/);
    network.dispose();
  });
});
