import { CompiledNetwork, KernelError, type SimdBackend } from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { Draw } from '../../fuzz/draw.js';
import { fuzzPlaneOperation, placedImages } from '../../fuzz/plane-operations.js';

import { graphOf } from './graphs.js';
import { engines, randomNumbers } from '../support.js';
import { randomArrays } from './random-network.js';

const image = { height: 5, width: 7, channels: 3 };
const SIZE = 4;
const normalization = { mean: [100, 110, 120], deviation: [50, 60, 70] };

describe.each(engines)('images as bytes, $engine', ({ backend }) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  test('are placed, mirrored and normalised; nothing else is touched', () => {
    for (let i = 0; i < 100; i++)
      fuzzPlaneOperation(tf.engine().backend as SimdBackend, new Draw(`place ${i}`), 'place images');
  });

  test('are to a network what the same images are as floats', () => {
    const graph = graphOf(
      image,
      [{ shape: { ...image, channels: 4 }, leakiness: 0.1, terms: [{ from: 0, filter: [3, 3], stride: 1 }] }],
      3,
    );
    const values = randomArrays(graph, randomNumbers(1));
    const sizes = { trainingBatch: SIZE, inferenceBatch: SIZE, values };
    const bytes = new CompiledNetwork(graph, { ...sizes, normalization });
    const floats = new CompiledNetwork(graph, sizes);
    const pixels = Uint8Array.from(
      { length: SIZE * image.height * image.width * image.channels },
      (_, i) => (i * 37) % 256,
    );
    const placements = [1, -2, 0, 0, 3, 1, -5, 0, 0, 0, 0, 1];
    const scale = normalization.deviation.map((deviation) => 1 / deviation);
    const shift = normalization.mean.map((mean, c) => -mean * (scale[c] ?? NaN));
    const placed = placedImages([SIZE, image.height, image.width, image.channels], pixels, placements, {
      scale,
      shift,
    });
    try {
      for (const which of ['training', 'inference'] as const) {
        bytes[which].bytes.set(pixels);
        bytes[which].placements.set(placements);
        floats[which].images.set(placed);
        for (const network of [bytes, floats]) network[which].labels.set([0, 1, 2, 0]);
      }
      const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 };
      for (let i = 0; i < 3; i++) expect(bytes.step(options)).toBeCloseTo(floats.step(options), 4);
      expect(bytes.countCorrect()).toBe(floats.countCorrect());
      expect(bytes.bytes, 'a quarter of the images').toBeLessThan(floats.bytes + 4 * 64);
    } finally {
      bytes.dispose();
      floats.dispose();
    }
  });

  test('need a mean and a deviation for each channel', () => {
    const make = () =>
      new CompiledNetwork(graphOf(image, [], 2), {
        trainingBatch: 2,
        normalization: { mean: [0], deviation: [1] },
      });
    expect(make).toThrow(KernelError);
    expect(make).toThrow(/1 means and 1 deviations for images of 3 channels/);
  });
});
