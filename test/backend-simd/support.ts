import { nativeEngine, registerSimdBackend, simdOperations } from '@galapagos/backend-simd';
import type { Engine, Operations } from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { stockOperations } from '../../packages/trainer/src/stock-operations.js';
import { openTensorflow, surroundings } from '../../packages/trainer/src/tensorflow.js';
import { tensorflowOperations } from '../../packages/trainer/src/tensorflow-operations.js';
import { finiteDifferences, zeros } from '../support/reference-operations.js';
import type { Values } from '../support/reference-operations.js';

/** Then an addon that somebody names is tested alone: packages/backend-simd/scripts/sanitize.mjs does. */
const onlyNative = process.env['GALAPAGOS_ADDON'] !== undefined;

/** The engines that are there (native.test.ts says why, where one is not), with the names of their back ends. */
export const engines: { engine: Engine; backend: string }[] = (['native', 'wasm'] as const)
  .filter((engine) => (onlyNative ? engine === 'native' : engine === 'wasm' || nativeEngine().available))
  .map((engine) => ({ engine, backend: registerSimdBackend(engine) }));
// The `cpu` back end advises to install another one on its first use.
tf.enableProdMode();

/** Everything that offers `Operations`, and the back end that it runs on here. */
export const implementations: { name: string; operations: Operations; backend: string }[] = [
  ...engines.map(({ backend }) => ({ name: backend, operations: simdOperations, backend })),
  { name: 'stock', operations: stockOperations, backend: 'cpu' },
];

/** Why the operations of libtensorflow are not among them: it is not on every machine. */
export let tensorflowIsMissing: string | undefined;
try {
  await openTensorflow('tfjs-node', surroundings());
  implementations.push({ name: 'tfjs-node', operations: tensorflowOperations, backend: 'tensorflow' });
} catch (error) {
  tensorflowIsMissing = `${String(error).split('\n')[0]}; node scripts/tfjs-node.mjs brings it`;
}

/** Numbers from -1 to 1 that a seed determines. */
export function randomNumbers(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** float32 numbers in float64, so that both sides compute with the same ones. */
export function randomValues(shape: number[], random: () => number): Values {
  const values = zeros(shape);
  for (let i = 0; i < values.data.length; i++) values.data[i] = Math.fround(random());
  return values;
}

export function toTensor<T extends tf.Tensor>({ shape, data }: Values): T {
  return tf.tensor(Float32Array.from(data), shape) as T;
}

export function labelsTensor(labels: readonly number[]): tf.Tensor1D {
  return tf.tensor1d([...labels], 'int32');
}

/** Relative to the largest number of all: sums of positive and negative terms have no better scale of their own. */
const TOLERANCE = 2e-5;

export function expectClose(actual: tf.Tensor, expected: Values, tolerance = TOLERANCE): void {
  expect(actual.shape).toEqual(expected.shape);
  const scale = Math.max(1, ...expected.data.map(Math.abs));
  const worst = worstDifference(actual.dataSync(), expected.data);
  expect(worst, 'largest difference').toBeLessThan(tolerance * scale);
}

function worstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0;
  // NaN on either side must not pass: it compares as neither larger nor smaller.
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

interface GradientCase {
  /** The operation of ours. */
  ours: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** The same of the referee. */
  reference: (inputs: Values[]) => Values;
  inputs: Values[];
  random: () => number;
  /** How many elements of each input are looked at; all of smaller inputs. */
  samples?: number;
  tolerance?: number;
  /** Of the finite differences: small where the function has kinks, for none should be stepped over. */
  step?: number;
}

/** Compares value and gradients with the referee's, and that nothing but the result stays behind. */
export function expectForwardAndGradients(options: GradientCase): void {
  const { ours, reference, inputs, random, samples = 40, tolerance = TOLERANCE, step = 1e-4 } = options;
  const expected = reference(inputs);
  const dy = randomValues(expected.shape, random);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const tensors = inputs.map((values) => toTensor(values));
    expectClose(ours(...tensors), expected, tolerance);
    const gradients = tf.grads(ours)(tensors, toTensor(dy));
    const elements = inputs.map(({ data }) => sampleIndices(data.length, samples, random));
    const derivatives = finiteDifferences(reference, inputs, dy, elements, step);
    const scale = Math.max(1, ...derivatives.map(({ value }) => Math.abs(value)));
    gradients.forEach((gradient, i) => expect(gradient.shape).toEqual(inputs[i]?.shape));
    const data = gradients.map((gradient) => gradient.dataSync());
    const found = derivatives.map(({ input, index }) => data[input]?.[index] as number);
    const worst = worstDifference(
      found,
      derivatives.map(({ value }) => value),
    );
    expect(worst, 'largest difference of a gradient').toBeLessThan(tolerance * scale);
  });
  expect(tf.memory().numTensors).toBe(before);
}

function sampleIndices(length: number, count: number, random: () => number): number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: count }, () => Math.floor(((random() + 1) / 2) * length));
}
