import { fillBatch, loadDataset, shuffledIndices } from '@galapagos/datasets';
import type { ImageSet, ImageShape } from '@galapagos/datasets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../../packages/datasets/src/image-set.js';
import { Tally } from '../../packages/datasets/src/normalize.js';
import { expectDatasetError, imageAt, imagesOf, testRandom } from './support.js';

const shapes = fc.record({
  height: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 1, max: 6 }),
  channels: fc.integer({ min: 1, max: 3 }),
});
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 3 });

describe('normalisation', () => {
  it('gives the training examples mean 0 and deviation 1 in every channel', async () => {
    const dataset = await loadDataset({ source: 'synthetic', synthetic: { channels: 3, noise: 0.5 } });
    const { train, channels } = dataset;
    const { out } = filled(dataset, train, shuffledIndices(train.count, testRandom(1)));
    for (let channel = 0; channel < channels; channel++) {
      const values = out.filter((_, at) => at % channels === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 5);
    }
  });

  it('is in units of bytes and leaves a constant channel at 0', () => {
    const shape = { height: 1, width: 1, channels: 2 };
    const set = imagesInMemory(Uint8Array.of(10, 7, 30, 7), [0, 1], 2);
    expect(normalizationOf(set, shape)).toEqual({ mean: [20, 7], deviation: [10, 1] });
    expect([...filled(shape, set, [1, 0]).out]).toEqual([1, 0, -1, 0]);
  });

  it('refuses an empty set', async () => {
    const empty = imagesInMemory(new Uint8Array(0), [], 1);
    const shape = { height: 1, width: 1, channels: 1 };
    await expectDatasetError(() => normalizationOf(empty, shape), 'bad-argument', 'empty set');
  });
});

describe('a batch', () => {
  it('holds the chosen examples in their order, and no more', () => {
    const shape = { height: 2, width: 3, channels: 2 };
    const set = randomSet(shape, 5, testRandom(3));
    const out = new Float32Array(3 * 12).fill(-9);
    const labels = new Int32Array(3).fill(-9);
    fillBatch(shape, set, [4, 1], out, labels, { mean: [0, 0], deviation: [1, 1] });
    expect([...out]).toEqual([...imageAt(set, 4, 12), ...imageAt(set, 1, 12), ...Array<number>(12).fill(-9)]);
    expect([...labels]).toEqual([set.labels[4], set.labels[1], -9]);
  });

  it('refuses what does not fit', async () => {
    const shape = { height: 2, width: 2, channels: 1 };
    const set = randomSet(shape, 3, testRandom(3));
    const unit = { mean: [0], deviation: [1] };
    const [out, labels] = [new Float32Array(8), new Int32Array(2)];
    const refused = (call: () => void, text: string) => expectDatasetError(call, 'bad-argument', text);
    await refused(() => fillBatch(shape, set, [0, 3], out, labels, unit), 'no example 3 of 3');
    await refused(() => fillBatch(shape, set, [0.5], out, labels, unit), 'no example 0.5');
    await refused(() => fillBatch(shape, set, [0, 1, 2], out, new Int32Array(3), unit), 'not 12 numbers');
    await refused(() => fillBatch(shape, set, [0, 1], out, new Int32Array(1), unit), 'not 2 labels');
    await refused(() => fillBatch(shape, set, [0], out, labels, { mean: [], deviation: [] }), '0 channels');
    await refused(() => fillBatch(shape, set, [0], out, labels, unit, { flip: true }), 'random');
    const half = { padCrop: 0.5 };
    await refused(() => fillBatch(shape, set, [0], out, labels, unit, half, () => 0), 'not 0.5');
  });
});

describe('pad, crop and flip', () => {
  it('give a crop of the padded image, mirrored or not', () => {
    fc.assert(
      fc.property(shapes, fc.nat(4), fc.boolean(), seeds, (shape, padCrop, flip, seed) => {
        const random = testRandom(seed);
        const set = randomSet(shape, 3, random);
        const { out, normalization } = filled(shape, set, [0, 1, 2], { padCrop, flip }, random);
        const size = shape.height * shape.width * shape.channels;
        for (let example = 0; example < 3; example++) {
          const image = Array.from(imageAt(set, example, size), (byte, at) => {
            const channel = at % shape.channels;
            return Math.fround((byte - normalization.mean[channel]!) / normalization.deviation[channel]!);
          });
          const possible = crops(image, shape, padCrop, flip);
          expect(possible).toContain([...out.subarray(example * size, (example + 1) * size)].join());
        }
      }),
    );
  });

  it('give every crop about equally often', () => {
    const shape = { height: 3, width: 3, channels: 1 };
    const set = imagesInMemory(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), [0], 9);
    const draws = 20_000;
    const { out } = filled(shape, set, new Uint8Array(draws), { padCrop: 1, flip: true }, testRandom(5));
    const occurrences = new Map<string, number>();
    for (let at = 0; at < out.length; at += 9) {
      const crop = out.subarray(at, at + 9).join();
      occurrences.set(crop, (occurrences.get(crop) ?? 0) + 1);
    }
    expect(occurrences.size).toBe(18);
    const expected = draws / 18;
    const chiSquare = [...occurrences.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    // 17 degrees of freedom: above 40.8 once in a thousand.
    expect(chiSquare).toBeLessThan(40.8);
  });

  it('draw two numbers per image for the crop and one for the flip', () => {
    const shape = { height: 2, width: 2, channels: 1 };
    const set = randomSet(shape, 4, testRandom(3));
    for (const [augmentation, perImage] of [
      [{}, 0],
      [{ padCrop: 2 }, 2],
      [{ flip: true }, 1],
      [{ padCrop: 2, flip: true }, 3],
    ] as const) {
      let drawn = 0;
      filled(shape, set, [0, 1, 2, 3], augmentation, () => (drawn++, 0.5));
      expect(drawn).toBe(4 * perImage);
    }
  });
});

describe('the order of an epoch', () => {
  it('has each index once', () => {
    fc.assert(
      fc.property(fc.nat(300), seeds, (count, seed) => {
        const sorted = [...shuffledIndices(count, testRandom(seed))].sort((a, b) => a - b);
        expect(sorted).toEqual(Array.from({ length: count }, (_, index) => index));
      }),
    );
  });

  it('is each of the possible ones about equally often', () => {
    const random = testRandom(11);
    const occurrences = new Map<string, number>();
    for (let draw = 0; draw < 12_000; draw++) {
      const order = shuffledIndices(4, random).join();
      occurrences.set(order, (occurrences.get(order) ?? 0) + 1);
    }
    expect(occurrences.size).toBe(24);
    const chiSquare = [...occurrences.values()].reduce((sum, n) => sum + (n - 500) ** 2 / 500, 0);
    // 23 degrees of freedom: above 49.7 once in a thousand.
    expect(chiSquare).toBeLessThan(49.7);
  });
});

function randomSet(shape: ImageShape, count: number, random: () => number): ImageSet {
  const size = shape.height * shape.width * shape.channels;
  return imagesInMemory(
    Uint8Array.from({ length: count * size }, () => Math.floor(random() * 256)),
    Uint8Array.from({ length: count }, () => Math.floor(random() * 10)),
    size,
  );
}

function normalizationOf(set: ImageSet, { height, width, channels }: ImageShape) {
  const tally = new Tally(channels);
  tally.add(imagesOf(set, height * width * channels));
  return tally.normalization();
}

function filled(
  shape: ImageShape,
  set: ImageSet,
  indices: ArrayLike<number>,
  augmentation = {},
  random?: () => number,
) {
  const normalization = normalizationOf(set, shape);
  const out = new Float32Array(indices.length * shape.height * shape.width * shape.channels);
  const labels = new Int32Array(indices.length);
  fillBatch(shape, set, indices, out, labels, normalization, augmentation, random);
  return { out, labels, normalization };
}

/** Every image that padding by zeros, cropping and mirroring can give, made the slow and obvious way. */
function crops(image: number[], shape: ImageShape, pad: number, flip: boolean): string[] {
  const { height, width, channels } = shape;
  const pixels = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const at = (y * width + x) * channels;
      return image.slice(at, at + channels);
    }),
  );
  const zero = Array<number>(channels).fill(0);
  const beside = Array<number[]>(pad).fill(zero);
  const blank = Array<number[]>(width + 2 * pad).fill(zero);
  const above = Array<number[][]>(pad).fill(blank);
  const padded = [...above, ...pixels.map((row) => [...beside, ...row, ...beside]), ...above];
  const result: string[] = [];
  for (let top = 0; top <= 2 * pad; top++) {
    for (let left = 0; left <= 2 * pad; left++) {
      const crop = padded.slice(top, top + height).map((row) => row.slice(left, left + width));
      result.push(crop.flat(2).join());
      if (flip)
        result.push(
          crop
            .map((row) => row.toReversed())
            .flat(2)
            .join(),
        );
    }
  }
  return result;
}
