import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as reference from '../support/reference-operations.js';
import type { Values } from '../support/reference-operations.js';
import {
  expectClose,
  expectForwardAndGradients,
  implementations,
  labelsTensor,
  randomNumbers,
  randomValues,
  tensorflowIsMissing,
  toTensor,
} from './support.js';

const SEED = 20170612;
const EPSILON = 1e-2;

const size = fc.integer({ min: 1, max: 9 });
const channels = fc.integer({ min: 1, max: 20 });
const seed = fc.integer({ min: 1, max: 2 ** 30 });
const image = fc.record({ batch: fc.integer({ min: 1, max: 3 }), height: size, width: size, channels, seed });

interface Image {
  batch: number;
  height: number;
  width: number;
  channels: number;
  seed: number;
}

function randomImage(shape: Image): { x: Values; random: () => number } {
  const random = randomNumbers(shape.seed);
  return { x: randomValues([shape.batch, shape.height, shape.width, shape.channels], random), random };
}

/** What the referee's convolution costs: it decides how many elements are looked at. */
function samplesFor(work: number): number {
  return Math.max(3, Math.min(40, Math.floor(4e6 / work)));
}

it.skipIf(tensorflowIsMissing !== undefined)(
  `operations of tfjs-node: ${tensorflowIsMissing ?? 'as below'}`,
  () => {
    expect(implementations.map(({ name }) => name)).toContain('tfjs-node');
  },
);

describe.each(implementations)('operations of $name', ({ name, operations, backend }) => {
  // The stock kernels are slow loops.
  const numRuns = name === 'stock' ? 12 : 60;

  function check<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void {
    fc.assert(fc.property(arbitrary, property), { seed: SEED, numRuns });
  }

  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  describe('convolution', () => {
    function expectConvolution(shape: Image, kh: number, kw: number, outputs: number, stride: number): void {
      const { x, random } = randomImage(shape);
      const filter = randomValues([kh, kw, shape.channels, outputs], random);
      expectForwardAndGradients({
        ours: (...[a, b]) => operations.convolution(a as tf.Tensor4D, b as tf.Tensor4D, stride),
        reference: ([a, b]) => reference.convolution(a as Values, b as Values, stride),
        inputs: [x, filter],
        random,
        samples: samplesFor((x.data.length * filter.data.length) / shape.channels / stride ** 2),
      });
    }

    // [batch, height, width, channels, filter height, filter width, outputs, stride]
    it.each([
      [1, 1, 1, 1, 1, 1, 1, 1],
      [3, 7, 7, 1, 3, 3, 1, 1],
      [2, 14, 14, 1, 3, 3, 2, 1],
      [2, 5, 8, 3, 3, 1, 8, 2],
      [2, 6, 6, 8, 1, 1, 16, 1],
      [2, 4, 3, 5, 1, 5, 7, 1],
      [1, 3, 2, 2, 9, 7, 3, 1],
      [2, 2, 2, 2, 15, 15, 2, 1],
      [1, 9, 9, 2, 1, 1, 3, 4],
      [2, 9, 7, 3, 3, 5, 4, 3],
      [1, 5, 5, 2, 2, 4, 3, 2],
      [2, 1, 1, 20, 3, 3, 20, 1],
      [1, 4, 4, 1, 3, 3, 1, 7],
      [1, 4, 5, 2, 3, 3, 2, 1_000_000],
      [1, 8, 8, 17, 3, 3, 19, 1],
    ])('of %d x %d x %d x %d, filter %d x %d to %d, stride %d', (batch, height, width, depth, ...rest) => {
      expectConvolution({ batch, height, width, channels: depth, seed: 7 }, ...rest);
    });

    it('of random shapes', () => {
      const filter = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }));
      const stride = fc.integer({ min: 1, max: 4 });
      check(fc.tuple(image, filter, channels, stride), ([shape, [halfHeight, halfWidth], outputs, step]) => {
        expectConvolution(shape, 2 * halfHeight + 1, 2 * halfWidth + 1, outputs, step);
      });
    });

    it('refuses shapes that do not fit', () => {
      const x = tf.zeros<tf.Rank.R4>([1, 4, 4, 3]);
      const filter = tf.zeros<tf.Rank.R4>([3, 3, 2, 4]);
      const good = tf.zeros<tf.Rank.R4>([3, 3, 3, 4]);
      expect(() => operations.convolution(x, filter, 1)).toThrow();
      expect(() => operations.convolution(x, good, 0)).toThrow(/stride is 0/);
      expect(() => operations.convolution(x, good, 1.5)).toThrow(/stride is 1.5/);
      expect(() => operations.convolution(tf.zeros([4, 4, 3]) as unknown as tf.Tensor4D, good, 1)).toThrow();
    });
  });

  describe('batch normalisation', () => {
    const leakiness = fc.constantFrom(0, 0.1, 0.5, 1);

    function parameters(depth: number, random: () => number): [Values, Values] {
      const gamma = randomValues([depth], random);
      gamma.data.forEach((value, i) => (gamma.data[i] = Math.fround(value + 1.5)));
      return [gamma, randomValues([depth], random)];
    }

    function expectNormalization(shape: Image, leak: number): void {
      const { x, random } = randomImage(shape);
      const [gamma, beta] = parameters(shape.channels, random);
      const options = { epsilon: EPSILON, leakiness: leak };
      expectForwardAndGradients({
        ours: (...[a, b, c]) =>
          operations.batchNormalization(a as tf.Tensor4D, b as tf.Tensor1D, c as tf.Tensor1D, options).y,
        reference: ([a, b, c]) =>
          reference.batchNormalization(a as Values, b as Values, c as Values, options),
        inputs: [x, gamma, beta],
        random,
        samples: 10,
        tolerance: 1e-4,
        step: 1e-6,
      });
    }

    it.each([
      [2, 4, 4, 4, 0],
      [3, 5, 7, 3, 0.2],
      [1, 9, 9, 6, 1],
      [2, 33, 9, 1, 0.1],
      [2, 17, 9, 20, 0],
    ])('of %d x %d x %d x %d with leakiness %d', (batch, height, width, depth, leak) => {
      expectNormalization({ batch, height, width, channels: depth, seed: 3 }, leak);
    });

    it('of random shapes', () => {
      check(fc.tuple(image, leakiness), ([shape, leak]) => expectNormalization(shape, leak));
    });

    it('returns the statistics of the batch', () => {
      check(image, (shape) => {
        const { x, random } = randomImage(shape);
        const [gamma, beta] = parameters(shape.channels, random);
        const expected = reference.channelStatistics(x);
        tf.tidy(() => {
          const { mean, variance } = operations.batchNormalization(
            toTensor(x),
            toTensor(gamma),
            toTensor(beta),
            {
              epsilon: EPSILON,
              leakiness: 0,
            },
          );
          expectClose(mean, expected.mean);
          expectClose(variance, expected.variance);
        });
      });
    });

    it('of numbers far from zero keeps their variance', () => {
      const x = tf.tensor4d([1000, 1001, 1002, 1003], [1, 2, 2, 1]);
      const options = { epsilon: EPSILON, leakiness: 0 };
      const { variance } = operations.batchNormalization(x, tf.ones([1]), tf.zeros([1]), options);
      expect(variance.dataSync()[0]).toBeCloseTo(1.25, 5);
    });

    it('with given statistics', () => {
      check(fc.tuple(image, leakiness), ([shape, leak]) => {
        const { x, random } = randomImage(shape);
        const [gamma, beta] = parameters(shape.channels, random);
        const [variance, mean] = parameters(shape.channels, random);
        const options = { epsilon: EPSILON, leakiness: leak };
        const expected = reference.normalize(x, gamma, beta, mean, variance, options);
        tf.tidy(() => {
          const [g, b, m, v] = [gamma, beta, mean, variance].map((values) => toTensor<tf.Tensor1D>(values));
          const all = [g, b, m, v] as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
          expectClose(operations.batchNormalizationInference(toTensor(x), ...all, options), expected);
        });
      });
    });

    it('refuses parameters of another number of channels', () => {
      const x = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
      const options = { epsilon: EPSILON, leakiness: 0 };
      const three = tf.ones<tf.Rank.R1>([3]);
      const one = tf.ones<tf.Rank.R1>([1]);
      expect(() => operations.batchNormalization(x, one, three, options)).toThrow(/gamma/);
      expect(() => operations.batchNormalization(x, three, one, options)).toThrow(/beta/);
      expect(() => operations.batchNormalizationInference(x, three, three, three, one, options)).toThrow(
        /variance/,
      );
    });
  });

  describe('nearest resize', () => {
    function expectResize(shape: Image, height: number, width: number): void {
      const { x, random } = randomImage(shape);
      expectForwardAndGradients({
        ours: (a) => operations.resizeNearest(a as tf.Tensor4D, height, width),
        reference: ([a]) => reference.resizeNearest(a as Values, height, width),
        inputs: [x],
        random,
      });
    }

    it('of random shapes, up and down', () => {
      const newSize = fc.integer({ min: 1, max: 12 });
      check(fc.tuple(image, newSize, newSize), ([shape, height, width]) =>
        expectResize(shape, height, width),
      );
    });

    it('takes exactly the input floor(i * size / new size)', () => {
      for (let from = 1; from <= 40; from += 3) {
        for (let to = 1; to <= 40; to += 3) {
          tf.tidy(() => {
            const row = tf.reshape<tf.Rank.R4>(tf.range(0, from), [1, 1, from, 1]);
            const expected = Array.from({ length: to }, (_, i) => Math.floor((i * from) / to));
            expect([...operations.resizeNearest(row, 1, to).dataSync()]).toEqual(expected);
          });
        }
      }
    });

    it('refuses a size of 0', () => {
      expect(() => operations.resizeNearest(tf.zeros([1, 2, 2, 1]), 0, 2)).toThrow(/height is 0/);
    });
  });

  it('truncates and pads channels', () => {
    check(fc.tuple(image, channels), ([shape, to]) => {
      const { x, random } = randomImage(shape);
      expectForwardAndGradients({
        ours: (a) => operations.matchChannels(a as tf.Tensor4D, to),
        reference: ([a]) => reference.matchChannels(a as Values, to),
        inputs: [x],
        random,
      });
    });
    expect(() => operations.matchChannels(tf.zeros([1, 2, 2, 1]), 0)).toThrow(/channels is 0/);
  });

  describe('sum', () => {
    it('of one to five tensors', () => {
      check(fc.tuple(image, fc.integer({ min: 1, max: 5 })), ([shape, count]) => {
        const { x, random } = randomImage(shape);
        const more = Array.from({ length: count - 1 }, () => randomValues(x.shape, random));
        expectForwardAndGradients({
          ours: (...terms) => operations.sum(terms as tf.Tensor4D[]),
          reference: (terms) => reference.sum(terms),
          inputs: [x, ...more],
          random,
          samples: 5,
        });
      });
    });

    it('of a tensor that is used several times, and used again', () => {
      const { x, random } = randomImage({ batch: 2, height: 3, width: 5, channels: 3, seed: 1 });
      expectForwardAndGradients({
        ours: (a) => {
          const b = operations.sum([a as tf.Tensor4D, a as tf.Tensor4D]);
          return operations.sum([b, operations.resizeNearest(b, 3, 5), a as tf.Tensor4D]);
        },
        reference: ([a]) => reference.sum(Array.from({ length: 5 }, () => a as Values)),
        inputs: [x],
        random,
      });
    });

    it('refuses no terms, and terms of different shapes', () => {
      expect(() => operations.sum([])).toThrow(/no tensors/);
      expect(() => operations.sum([tf.zeros([1, 2, 2, 1]), tf.zeros([1, 2, 1, 2])])).toThrow(/term 1/);
    });
  });

  it('pools globally', () => {
    check(image, (shape) => {
      const { x, random } = randomImage(shape);
      expectForwardAndGradients({
        ours: (a) => operations.globalAveragePool(a as tf.Tensor4D),
        reference: ([a]) => reference.globalAveragePool(a as Values),
        inputs: [x],
        random,
      });
    });
  });

  it('computes dense layers', () => {
    check(fc.tuple(size, channels, channels, seed), ([rows, features, outputs, from]) => {
      const random = randomNumbers(from);
      expectForwardAndGradients({
        ours: (...[a, b, c]) => operations.dense(a as tf.Tensor2D, b as tf.Tensor2D, c as tf.Tensor1D),
        reference: ([a, b, c]) => reference.dense(a as Values, b as Values, c as Values),
        inputs: [[rows, features], [features, outputs], [outputs]].map((shape) =>
          randomValues(shape, random),
        ),
        random,
      });
    });
    const x = tf.zeros<tf.Rank.R2>([2, 3]);
    expect(() => operations.dense(x, tf.zeros([4, 5]), tf.zeros([5]))).toThrow();
    expect(() => operations.dense(x, tf.zeros([3, 5]), tf.zeros([1]))).toThrow(/bias/);
  });

  describe('softmax cross-entropy', () => {
    const batch = fc.tuple(size, channels, seed, fc.constantFrom(1, 10, 300));

    it('and its gradient', () => {
      check(batch, ([rows, classes, from, spread]) => {
        const random = randomNumbers(from);
        const logits = randomValues([rows, classes], random);
        logits.data.forEach((value, i) => (logits.data[i] = Math.fround(value * spread)));
        const labels = Array.from({ length: rows }, () => Math.floor(((random() + 1) / 2) * classes));
        const labelled = labelsTensor(labels);
        expectForwardAndGradients({
          ours: (a) => operations.softmaxCrossEntropy(a as tf.Tensor2D, labelled),
          reference: ([a]) => reference.softmaxCrossEntropy(a as Values, labels),
          inputs: [logits],
          random,
        });
        const correct = operations.countCorrect(toTensor(logits), labelled);
        expect(correct).toBe(reference.countCorrect(logits, labels));
      });
    });

    it('counts the first of equal logits, and no row with a NaN', () => {
      const logits = tf.tensor2d([1, 1, 0, 0, 2, 2, NaN, 1, 0, 1, NaN, 0, 3, 1, NaN], [5, 3]);
      expect(operations.countCorrect(logits, labelsTensor([0, 1, 1, 0, 0]))).toBe(2);
    });

    it('refuses labels that are not classes or not int32', () => {
      const logits = tf.zeros<tf.Rank.R2>([2, 3]);
      expect(() => operations.softmaxCrossEntropy(logits, labelsTensor([0, 3]))).toThrow(/label 3/);
      expect(() => operations.softmaxCrossEntropy(logits, labelsTensor([-1, 0]))).toThrow(/label -1/);
      expect(() => operations.softmaxCrossEntropy(logits, labelsTensor([0]))).toThrow(/labels .* shape/);
      expect(() => operations.softmaxCrossEntropy(logits, tf.tensor1d([0, 1]))).toThrow(/float32/);
    });
  });

  describe('SGD with momentum', () => {
    const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 };

    it('follows the reference for several steps', () => {
      const random = randomNumbers(5);
      const shape = [3, 5, 7];
      const [v, m] = [randomValues(shape, random), reference.zeros(shape)];
      const variable = tf.variable(toTensor(v));
      const momentum = tf.variable(toTensor(m));
      for (let step = 0; step < 4; step++) {
        const gradient = randomValues(shape, random);
        operations.sgdMomentum(variable, momentum, toTensor(gradient), options);
        reference.sgdMomentum(v, m, gradient, options);
      }
      expectClose(variable, v);
      expectClose(momentum, m);
    });

    it('leaves clones as they were', () => {
      const initial = tf.tensor1d([1, 2, 3]);
      const variable = tf.variable(initial);
      const momentum = tf.variable(tf.zeros([3]));
      const gradient = tf.ones([3]);
      operations.sgdMomentum(variable, momentum, gradient, options);
      const best = variable.clone();
      const values = [...best.dataSync()];
      operations.sgdMomentum(variable, momentum, gradient, options);
      expect([...initial.dataSync()]).toEqual([1, 2, 3]);
      expect([...best.dataSync()]).toEqual(values);
      expect([...variable.dataSync()]).not.toEqual(values);
    });

    it('refuses a gradient of another shape', () => {
      const variable = tf.variable(tf.zeros([3]));
      expect(() =>
        operations.sgdMomentum(variable, tf.variable(tf.zeros([3])), tf.zeros([1]), options),
      ).toThrow(/gradient/);
    });
  });

  describe('a moving average', () => {
    it('moves, and leaves clones as they were', () => {
      const variable = tf.variable(tf.tensor1d([0, 10, NaN]));
      const clone = variable.clone();
      operations.movingAverage(variable, tf.tensor1d([10, 20, 30]), 0.75);
      expect([...variable.dataSync()]).toEqual([2.5, 12.5, NaN]);
      expect([...clone.dataSync()]).toEqual([0, 10, NaN]);
    });

    it('refuses a value of another shape', () => {
      expect(() => operations.movingAverage(tf.variable(tf.zeros([3])), tf.zeros([1]), 0.9)).toThrow(/value/);
    });
  });

  describe('NaN and infinity', () => {
    const poison = [NaN, Infinity, -Infinity];

    /** Whether some number of a tensor is not finite. */
    function isPoisoned(tensor: tf.Tensor): boolean {
      return tensor.dataSync().some((value) => !Number.isFinite(value));
    }

    it.each(poison)('%d comes out of every operation', (bad) => {
      tf.tidy(() => {
        const x = tf.tensor4d([1, 2, bad, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
        const filter = tf.ones<tf.Rank.R4>([3, 3, 2, 3]);
        const two = tf.ones<tf.Rank.R1>([2]);
        const options = { epsilon: EPSILON, leakiness: 1 };
        expect(isPoisoned(operations.convolution(x, filter, 1))).toBe(true);
        expect(isPoisoned(operations.convolution(tf.ones([1, 2, 2, 2]), tf.mul(filter, bad), 1))).toBe(true);
        expect(isPoisoned(operations.batchNormalization(x, two, two, options).y)).toBe(true);
        expect(isPoisoned(operations.batchNormalizationInference(x, two, two, two, two, options))).toBe(true);
        expect(isPoisoned(operations.resizeNearest(x, 4, 4))).toBe(true);
        expect(isPoisoned(operations.matchChannels(x, 1))).toBe(true);
        expect(isPoisoned(operations.sum([x, tf.ones([1, 2, 2, 2])]))).toBe(true);
        expect(isPoisoned(operations.globalAveragePool(x))).toBe(true);
        expect(isPoisoned(operations.dense(tf.tensor2d([[bad, 1]]), tf.ones([2, 3]), tf.zeros([3])))).toBe(
          true,
        );
      });
    });

    it('NaN comes through a plain ReLU, into the loss and into the gradients', () => {
      tf.tidy(() => {
        const x = tf.tensor4d([1, 2, NaN, 4], [1, 2, 2, 1]);
        const one = tf.ones<tf.Rank.R1>([1]);
        const options = { epsilon: EPSILON, leakiness: 0 };
        const normalized = (a: tf.Tensor) =>
          operations.batchNormalization(a as tf.Tensor4D, one, one, options).y;
        expect(normalized(x).dataSync().every(Number.isNaN)).toBe(true);
        expect(isPoisoned(tf.grad(normalized)(x, tf.ones([1, 2, 2, 1])))).toBe(true);
        const given = operations.batchNormalizationInference(x, one, one, one, one, options);
        expect(Number.isNaN(given.dataSync()[2])).toBe(true);
        const loss = (a: tf.Tensor) => operations.softmaxCrossEntropy(a as tf.Tensor2D, labelsTensor([1]));
        const logits = tf.tensor2d([[NaN, 1, 2]]);
        expect(isPoisoned(loss(logits))).toBe(true);
        expect(isPoisoned(tf.grad(loss)(logits))).toBe(true);
        const variable = tf.variable(tf.ones([3]));
        const sgd = { learningRate: 0.1, momentum: 0.9, weightDecay: 0 };
        operations.sgdMomentum(variable, tf.variable(tf.zeros([3])), tf.tensor1d([1, NaN, 1]), sgd);
        expect([...variable.dataSync()].map(Number.isNaN)).toEqual([false, true, false]);
      });
    });

    it('a ReLU turns minus infinity into 0 and lets infinity through', () => {
      const x = tf.tensor4d([-Infinity, Infinity], [1, 1, 2, 1]);
      const options = { epsilon: EPSILON, leakiness: 0 };
      const one = tf.ones<tf.Rank.R1>([1]);
      const y = operations.batchNormalizationInference(x, one, one, one, one, options);
      expect([...y.dataSync()]).toEqual([0, Infinity]);
    });
  });

  it('gives the same bits for the same input', () => {
    const { x, random } = randomImage({ batch: 3, height: 9, width: 7, channels: 5, seed: 11 });
    const filter = randomValues([3, 3, 5, 6], random);
    const ours = (...[a, b]: tf.Tensor[]) => {
      const y = operations.convolution(a as tf.Tensor4D, b as tf.Tensor4D, 1);
      return operations.batchNormalization(y, tf.ones([6]), tf.zeros([6]), {
        epsilon: EPSILON,
        leakiness: 0.1,
      }).y;
    };
    const once = () => {
      const dy = tf.ones([3, 9, 7, 6]);
      const gradients = tf.grads(ours)([toTensor(x), toTensor(filter)], dy);
      return [ours(toTensor(x), toTensor(filter)), ...gradients].map((tensor) => tensor.dataSync().slice());
    };
    const first = once();
    // The same places in the heap must not matter.
    const hole = tf.zeros([1, 5, 5, 3]);
    operations.matchChannels(hole as tf.Tensor4D, 5);
    expect(once()).toEqual(first);
  });
});
