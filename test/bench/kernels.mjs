#!/usr/bin/env node
// Training steps per second of a back end of ours, one thread, batch 50. Needs the build (npm run build).
//
//   node test/bench/kernels.mjs [--engine native|wasm] [--seconds 3] [--rounds 3] [net ...]
import { cpus } from 'node:os';
import { registerSimdBackend, simdOperations as operations } from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
import { argumentsOf } from '../support/arguments.mjs';

const BATCH = 50;
const CLASSES = 10;
const SGD = { learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 };
const NORMALIZATION = { epsilon: 1e-3, leakiness: 0 };

// size x size x channels, then convolutions [filter size, outputs, stride], each with batch normalisation and ReLU.
const NETS = {
  linear14: { size: 14, channels: 1, layers: [] },
  narrow14: {
    size: 14,
    channels: 1,
    layers: [
      [3, 1, 1],
      [3, 4, 1],
      [3, 8, 2],
    ],
  },
  ref28: {
    size: 28,
    channels: 1,
    layers: [
      [3, 32, 1],
      [3, 64, 2],
      [3, 64, 2],
    ],
  },
};

function variable(shape, deviation) {
  return tf.tidy(() => ({
    value: tf.variable(tf.randomNormal(shape, 0, deviation)),
    momentum: tf.variable(tf.zeros(shape)),
  }));
}

function buildNet({ size, channels, layers }) {
  let depth = channels;
  const convolutions = layers.map(([filter, outputs, stride]) => {
    const weights = variable([filter, filter, depth, outputs], Math.sqrt(2 / (filter * filter * depth)));
    depth = outputs;
    const gamma = { value: tf.variable(tf.ones([outputs])), momentum: tf.variable(tf.zeros([outputs])) };
    return { weights, gamma, beta: variable([outputs], 0.1), stride };
  });
  const kernel = variable([depth, CLASSES], 0.1);
  const bias = variable([CLASSES], 0.1);
  const all = [...convolutions.flatMap((c) => [c.weights, c.gamma, c.beta]), kernel, bias];
  const x = tf.randomNormal([BATCH, size, size, channels]);
  const labels = tf.tensor1d(
    Array.from({ length: BATCH }, (_, i) => i % CLASSES),
    'int32',
  );
  const loss = () => {
    let y = x;
    for (const { weights, gamma, beta, stride } of convolutions) {
      y = operations.convolution(y, weights.value, stride);
      y = operations.batchNormalization(y, gamma.value, beta.value, NORMALIZATION).y;
    }
    const logits = operations.dense(operations.globalAveragePool(y), kernel.value, bias.value);
    return operations.softmaxCrossEntropy(logits, labels);
  };
  return { all, loss };
}

function step({ all, loss }) {
  const { value, grads } = tf.variableGrads(
    loss,
    all.map((v) => v.value),
  );
  for (const v of all) operations.sgdMomentum(v.value, v.momentum, grads[v.value.name], SGD);
  tf.dispose(grads);
  value.dataSync();
  value.dispose();
}

function stepsPerSecond(net, seconds) {
  const start = performance.now();
  let steps = 0;
  while (performance.now() - start < seconds * 1000) {
    step(net);
    steps++;
  }
  return (steps * 1000) / (performance.now() - start);
}

const { values, positionals } = argumentsOf(import.meta.filename, {
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'native' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(NETS);

tf.enableProdMode();
await tf.setBackend(registerSimdBackend(values.engine));
console.log(
  `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}; ${values.engine}, 1 thread, batch ${BATCH}, float32\n`,
);
console.log('| net | steps/s (median) | lowest | highest | ms per step |');
console.log('|---|---|---|---|---|');
for (const name of names) {
  const net = buildNet(NETS[name]);
  stepsPerSecond(net, 1); // compiled and warm
  const rounds = Array.from({ length: Number(values.rounds) }, () =>
    stepsPerSecond(net, Number(values.seconds)),
  );
  rounds.sort((a, b) => a - b);
  const median = rounds[rounds.length >> 1];
  const numbers = [median, rounds[0], rounds.at(-1), 1000 / median].map((n) => n.toPrecision(3));
  console.log(`| ${name} | ${numbers.join(' | ')} |`);
}
