import { type Operations, simdOperations } from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { stockOperations } from '../../packages/trainer/src/stock-operations.js';
import { implementations, labelsTensor, randomNumbers, randomValues, toTensor } from './support.js';

// Images with a bright bar in one of four places: a net of every operation must tell where.

const SIZE = 8;
const BATCH = 16;
const CLASSES = 4;
const SGD = { learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 };
const NORMALIZATION = { epsilon: 1e-3, leakiness: 0.1 };

function batchOf(random: () => number): { x: tf.Tensor4D; labels: tf.Tensor1D } {
  const x = randomValues([BATCH, SIZE, SIZE, 1], random);
  const labels = Array.from({ length: BATCH }, (_, i) => i % CLASSES);
  labels.forEach((label, image) => {
    for (let i = 0; i < SIZE; i++) {
      const vertical = label < 2;
      const place = label % 2 === 0 ? 1 : SIZE - 2;
      const [row, column] = vertical ? [i, place] : [place, i];
      const offset = (image * SIZE + row) * SIZE + column;
      x.data[offset] = (x.data[offset] as number) + 3;
    }
  });
  return { x: toTensor(x), labels: labelsTensor(labels) };
}

class Net {
  readonly variables: tf.Variable[];
  private readonly momenta: tf.Variable[];

  constructor(
    private readonly operations: Operations,
    random: () => number,
  ) {
    const shapes = [[3, 3, 1, 4], [4], [4], [5, 5, 4, 8], [8], [8], [8, CLASSES], [CLASSES]];
    this.variables = shapes.map((shape) => {
      const values = randomValues(shape, random);
      const fanIn = shape.slice(0, -1).reduce((product, n) => product * n, 1);
      // gamma begins near 1, beta and bias near 0, weights by their fan-in
      values.data.forEach(
        (v, i) => (values.data[i] = shape.length === 1 ? v / 10 : v * Math.sqrt(6 / fanIn)),
      );
      return tf.variable(toTensor(values));
    });
    for (const index of [1, 4]) this.variables[index]?.assign(tf.ones(shapes[index] as number[]));
    this.momenta = shapes.map((shape) => tf.variable(tf.zeros(shape)));
  }

  logits(x: tf.Tensor4D): tf.Tensor2D {
    const o = this.operations;
    const [filter1, gamma1, beta1, filter2, gamma2, beta2, kernel, bias] = this.variables as unknown as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor2D,
      tf.Tensor1D,
    ];
    const first = o.batchNormalization(o.convolution(x, filter1, 1), gamma1, beta1, NORMALIZATION).y;
    const second = o.batchNormalization(o.convolution(first, filter2, 2), gamma2, beta2, NORMALIZATION).y;
    const skip = o.matchChannels(o.resizeNearest(first, 4, 4), 8);
    return o.dense(o.globalAveragePool(o.sum([second, skip])), kernel, bias);
  }

  step(x: tf.Tensor4D, labels: tf.Tensor1D): number {
    return tf.tidy(() => {
      const loss = () => this.operations.softmaxCrossEntropy(this.logits(x), labels);
      const { value, grads } = tf.variableGrads(loss, this.variables);
      this.variables.forEach((variable, i) => {
        const gradient = grads[variable.name] as tf.Tensor;
        this.operations.sgdMomentum(variable, this.momenta[i] as tf.Variable, gradient, SGD);
      });
      return value.dataSync()[0] as number;
    });
  }
}

// The stock kernels take seconds for it, and are held against the others below.
const fast = implementations.filter(({ operations }) => operations !== stockOperations);

it.each(fast)('a net of all operations of $name learns', async ({ operations, backend }) => {
  await tf.setBackend(backend);
  const random = randomNumbers(42);
  const net = new Net(operations, random);
  const losses: number[] = [];
  for (let step = 0; step < 60; step++) {
    const { x, labels } = batchOf(random);
    losses.push(net.step(x, labels));
    tf.dispose([x, labels]);
  }
  const { x, labels } = batchOf(random);
  expect(losses[0]).toBeGreaterThan(0.7);
  expect(losses.at(-1)).toBeLessThan(0.3);
  expect(tf.tidy(() => operations.countCorrect(net.logits(x), labels))).toBeGreaterThanOrEqual(BATCH - 1);
});

it('all implementations learn the same, step by step', async () => {
  const curves = new Map<string, number[]>();
  for (const { name, operations, backend } of implementations) {
    await tf.setBackend(backend);
    const random = randomNumbers(7);
    const net = new Net(operations, random);
    const curve: number[] = [];
    for (let step = 0; step < 10; step++) {
      const { x, labels } = batchOf(random);
      curve.push(net.step(x, labels));
    }
    curves.set(name, curve);
  }
  const stock = curves.get('stock') as number[];
  for (const curve of curves.values())
    curve.forEach((loss, step) => expect(loss).toBeCloseTo(stock[step] as number, 3));
  // The same kernels, in the same order of operations: the same bits.
  const [first, ...others] = implementations.filter(({ operations }) => operations === simdOperations);
  for (const { name } of others) expect(curves.get(name)).toEqual(curves.get(first?.name ?? ''));
});
