import { loadDataset } from '@galapagos/datasets';
import type { Dataset, ImageSet } from '@galapagos/datasets';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectDatasetError, imageAt } from './support.js';

describe('synthetic images', () => {
  let dataset: Dataset;

  beforeAll(async () => {
    dataset = await loadDataset({ source: 'synthetic' });
  });

  it('are the same in every version', () => {
    expect(dataset.checksum).toBe('c7a1c149680926c62d48c73332e96f3ca1e981650504afcbf368bc112418df9d');
  });

  it('have the sizes that were asked for', async () => {
    const synthetic = { height: 8, width: 6, channels: 2, classes: 3, examples: 90 };
    const small = await loadDataset({ source: 'synthetic', validation: 30, test: 20, synthetic });
    expect(small).toMatchObject({ name: 'synthetic', height: 8, width: 6, channels: 2 });
    expect(small.classes).toEqual([
      'stripes at 0 degrees',
      'stripes at 60 degrees',
      'stripes at 120 degrees',
    ]);
    expect([small.train.count, small.validation.count, small.test.count]).toEqual([40, 30, 20]);
    expect(imageAt(small.train, 39, 8 * 6 * 2).some((byte) => byte > 0)).toBe(true);
    const labels = [small.train, small.validation, small.test].flatMap((set) => [...set.labels]);
    for (const label of [0, 1, 2]) expect(labels.filter((found) => found === label).length).toBe(30);
  });

  it('depend on the seed', async () => {
    expect((await loadDataset({ source: 'synthetic', seed: 1 })).checksum).not.toBe(dataset.checksum);
  });

  it('must suffice for the split', async () => {
    const options = { source: 'synthetic', synthetic: { examples: 2000 } } as const;
    const message = 'There are 2000 examples; asked for 1000 for test, 1000 for validation and at least 1';
    await expectDatasetError(() => loadDataset(options), 'too-few-examples', message);
  });

  it('defeat a linear model, not one with a few filters', () => {
    const pixels = (set: ImageSet, index: number) =>
      Array.from(imageAt(set, index, 144), (byte) => byte / 128 - 1);
    const filtered = (set: ImageSet, index: number) => filterResponses(pixels(set, index), dataset);
    expect(accuracyOfLinearModel(dataset, pixels)).toBeLessThan(0.45);
    expect(accuracyOfLinearModel(dataset, filtered)).toBeGreaterThan(0.9);
  });
});

/** 3 x 3 filters that answer to a line in one of four directions. */
const LINES = [
  [-1, -1, -1, 2, 2, 2, -1, -1, -1],
  [-1, 2, -1, -1, 2, -1, -1, 2, -1],
  [2, -1, -1, -1, 2, -1, -1, -1, 2],
  [-1, -1, 2, -1, 2, -1, 2, -1, -1],
];

/** One convolution, a rectifier, a global average: what the smallest convolutional network does. */
function filterResponses(image: number[], { height, width }: Dataset): number[] {
  return LINES.map((filter) => {
    let sum = 0;
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const at = y * width + x;
        const patch = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => image[at + dy * width + dx]!));
        sum += Math.max(
          0,
          patch.reduce((dot, value, tap) => dot + value * filter[tap]!, 0),
        );
      }
    }
    return sum / ((height - 2) * (width - 2));
  });
}

/** The validation accuracy of softmax regression, trained by gradient descent. */
function accuracyOfLinearModel(
  { train, validation, classes }: Dataset,
  features: (set: ImageSet, index: number) => number[],
): number {
  const rows = (set: ImageSet) =>
    Array.from({ length: set.count }, (_, index) => Float64Array.of(...features(set, index), 1));
  const [inputs, checks] = [rows(train), rows(validation)];
  const size = inputs[0]!.length;
  const weights = classes.map(() => new Float64Array(size));
  const scores = (input: Float64Array) =>
    weights.map((weight) => weight.reduce((sum, value, at) => sum + value * input[at]!, 0));
  for (let epoch = 0; epoch < 20; epoch++) {
    inputs.forEach((input, index) => {
      const exponentials = scores(input).map(Math.exp);
      const total = exponentials.reduce((sum, value) => sum + value);
      weights.forEach((weight, label) => {
        const error = exponentials[label]! / total - (train.labels[index] === label ? 1 : 0);
        for (let at = 0; at < size; at++) weight[at]! -= 0.05 * error * input[at]!;
      });
    });
  }
  const correct = checks.filter((input, index) => {
    const found = scores(input);
    return found.indexOf(Math.max(...found)) === validation.labels[index];
  });
  return correct.length / checks.length;
}
