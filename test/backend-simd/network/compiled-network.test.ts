import { CompiledNetwork, type NetworkGraph, type SgdOptions, simdOperations } from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { engines, randomNumbers } from '../support.js';
import { graphOf, graphs } from './graphs.js';
import { type Arrays, randomArrays, randomBatch } from './random-network.js';
import { TapeOfGraph, fill } from './tape.js';

/** With these a step leaves each gradient in the momentum. */
const GRADIENT: SgdOptions = { learningRate: 0, momentum: 0, weightDecay: 0 };
const STEP: SgdOptions = { learningRate: 0.02, momentum: 0.8, weightDecay: 0.1 };

beforeAll(async () => {
  await tf.setBackend((engines[0] as { backend: string }).backend);
});

function tensorsOf(
  { image }: NetworkGraph,
  { images, labels }: ReturnType<typeof randomBatch>,
): [tf.Tensor4D, tf.Tensor1D] {
  const { height, width, channels } = image;
  return [tf.tensor4d(images, [labels.length, height, width, channels]), tf.tensor1d(labels, 'int32')];
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] ?? NaN));
  return most;
}

/** The largest difference of all, and where; a NaN on one side alone is infinitely far. */
function furthest(ours: Arrays, theirs: Map<string, Float32Array>, scale: number): [number, string] {
  let worst: [number, string] = [0, ''];
  for (const [name, expected] of theirs) {
    const found = ours.get(name)?.values ?? new Float32Array();
    for (let i = 0; i < expected.length; i++) {
      const apart = Math.abs((found[i] ?? NaN) - (expected[i] ?? NaN)) / scale;
      if (!(apart <= worst[0])) worst = [Number.isNaN(apart) ? Infinity : apart, `${name}[${i}]`];
    }
  }
  return worst;
}

/** Both forms of a network through some steps and a validation. */
function compare(graph: NetworkGraph, batch: number, seed: number, steps = 3): void {
  const random = randomNumbers(seed);
  const values = randomArrays(graph, random);
  const compiled = new CompiledNetwork(graph, { trainingBatch: batch, inferenceBatch: batch, values });
  const tape = new TapeOfGraph(graph, simdOperations, values);
  const examples = randomBatch(graph, batch, random);
  const [images, labels] = tensorsOf(graph, examples);
  try {
    for (const options of [GRADIENT, ...Array<SgdOptions>(steps).fill(STEP)]) {
      fill(compiled, 'training', examples);
      const [ours, theirs] = [compiled.step(options), tape.step(images, labels, options)];
      // Sums in another order differ by some units of the last of 24 bits, through several layers by some more.
      expect(Math.abs(ours - theirs)).toBeLessThan(1e-5 * Math.max(1, theirs));
      const found = tape.values();
      const momenta = [...found].filter(([name]) => name.startsWith('momentum/'));
      const scale = Math.max(1e-3, ...momenta.map(([, numbers]) => largest(numbers)));
      const [apart, where] = furthest(compiled.values({ momentum: true }), found, Math.max(scale, 1));
      expect(apart, where).toBeLessThan(1e-4);
      if (options !== GRADIENT) continue;
      const [gradient, place] = furthest(compiled.values({ momentum: true }), new Map(momenta), scale);
      expect(gradient, place).toBeLessThan(1e-4);
    }
    fill(compiled, 'inference', examples);
    expect(compiled.countCorrect()).toBe(tape.countCorrect(images, labels));
  } finally {
    compiled.dispose();
    tape.dispose();
    tf.dispose([images, labels]);
  }
}

describe('a compiled network', () => {
  test('does what single operations do, whatever the graph and the batch', () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom(1, 2, 3, 7, 16, 17, 50, 53), fc.integer(), (graph, batch, seed) =>
        compare(graph, batch, seed),
      ),
      { numRuns: 150, seed: 11 },
    );
  });

  const image = { height: 5, width: 6, channels: 3 };
  const bn = { shape: { height: 5, width: 6, channels: 4 }, leakiness: 0.1 };
  const convolution = { from: 0, filter: [3, 3] as [number, number], stride: 1 };
  const cases: Record<string, NetworkGraph> = {
    'no node at all': graphOf(image, [], 3),
    'one class': graphOf(image, [{ ...bn, terms: [convolution] }], 1),
    'images of one pixel, and filters that are larger': graphOf(
      { height: 1, width: 1, channels: 2 },
      [
        {
          shape: { height: 1, width: 1, channels: 4 },
          leakiness: 0,
          terms: [{ ...convolution, filter: [5, 7] }],
        },
        { shape: { height: 1, width: 1, channels: 4 }, leakiness: 0.5, terms: [{ ...convolution, from: 1 }] },
      ],
      3,
    ),
    'one activation in many places': graphOf(
      image,
      [
        { ...bn, terms: [convolution] },
        {
          ...bn,
          terms: [
            { ...convolution, from: 1 },
            { from: 1, filter: undefined, stride: 1 },
            { from: 1, filter: undefined, stride: 1 },
          ],
        },
        {
          ...bn,
          leakiness: undefined,
          terms: [
            { ...convolution, from: 1, stride: 2 },
            { from: 2, filter: undefined, stride: 1 },
            { from: 1, filter: undefined, stride: 1 },
          ],
        },
      ],
      3,
    ),
    'a node that is only another name': graphOf(
      image,
      [
        { ...bn, terms: [convolution] },
        { ...bn, leakiness: undefined, terms: [{ from: 1, filter: undefined, stride: 1 }] },
        {
          ...bn,
          terms: [
            { from: 2, filter: undefined, stride: 1 },
            { ...convolution, from: 1 },
          ],
        },
      ],
      3,
    ),
    'wide layers, whose 3x3 filters may go by Winograd': graphOf(
      { height: 12, width: 10, channels: 8 },
      [16, 32].map((channels, i) => ({
        shape: { height: 12, width: 10, channels },
        leakiness: 0,
        terms: [{ ...convolution, from: i }],
      })),
      10,
    ),
  };
  test.each(Object.entries(cases))('with %s', (_name, graph) => {
    for (const batch of [1, 2, 50, 53]) compare(graph, batch, batch);
  });
});
