#!/usr/bin/env node
// Whether both engines compute the same here: operations with their gradients on random shapes, to the bit; convolutions,
// dense layers, and networks of them, whose sums are as wide as the vectors of the machine, to rounding; and those on any
// number of threads, and in several threads of JavaScript at a time, to the bit. Plain Node over the build, so that it runs
// where the unit tests do not: on other versions of Node (node-versions.mjs) and on an emulated processor
// (packages/backend-simd/scripts/prebuild.mjs).
//
//   node test/engines/same-results.mjs      exit status 1 and the difference where there is one; 77 without native engine
//
// The last line has two digests: of what is the same on every machine, and of what is the same on every machine with the
// same instruction set.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import {
  CompiledNetwork,
  nativeEngine,
  registerSimdBackend,
  simdOperations as o,
} from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';

const ROUNDS = 40;
const STEPS = 12;
const SGD = { learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4 };
const NORMALIZATION = { epsilon: 1e-3, leakiness: 0.1 };

/** Numbers from 0 to 1 that a seed determines. */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const integer = (random, from, to) => from + Math.floor(random() * (to - from + 1));
const numbers = (count, random, scale = 2) =>
  Float32Array.from({ length: count }, () => scale * (random() - 0.5));

function tensor(shape, random, scale) {
  return tf.tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      random,
      scale,
    ),
    shape,
  );
}

/** Results of one round of everything, as arrays: those of products, and those of the other operations. */
function round(random) {
  const [n, h, w, c] = [
    integer(random, 1, 5),
    integer(random, 1, 12),
    integer(random, 1, 12),
    integer(random, 1, 20),
  ];
  const [kh, kw, outputs, stride] = [
    integer(random, 1, 5),
    integer(random, 1, 5),
    integer(random, 1, 20),
    integer(random, 1, 3),
  ];
  const [height, width, channels] = [integer(random, 1, 15), integer(random, 1, 15), integer(random, 1, 20)];
  const x = tensor([n, h, w, c], random);
  const [gamma, beta] = [tensor([c], random), tensor([c], random)];
  const labels = tf.tensor1d(
    Array.from({ length: n }, () => integer(random, 0, outputs - 1)),
    'int32',
  );
  const products = [
    [(a, f) => o.convolution(a, f, stride), [x, tensor([kh, kw, c, outputs], random)]],
    [
      (a, k, b) => o.dense(a, k, b),
      [tensor([n, c], random), tensor([c, outputs], random), tensor([outputs], random)],
    ],
  ];
  const others = [
    [(a, g, b) => o.batchNormalization(a, g, b, NORMALIZATION).y, [x, gamma, beta]],
    [(a) => o.resizeNearest(a, height, width), [x]],
    [(a) => o.matchChannels(a, channels), [x]],
    [(a, b, d) => o.sum([a, b, d]), [x, tensor(x.shape, random), tensor(x.shape, random)]],
    [(a) => o.globalAveragePool(a), [x]],
    [(a) => o.softmaxCrossEntropy(a, labels), [tensor([n, outputs], random, 20)]],
  ];
  const arrays = (cases) =>
    cases.flatMap(([operation, inputs]) => {
      const y = operation(...inputs);
      return [y, ...tf.grads(operation)(inputs, tensor(y.shape, random))].map((result) => result.dataSync());
    });
  return { products: arrays(products), others: arrays(others) };
}

/** A small net trained on noise: its losses. */
function losses(random) {
  const shapes = [[3, 3, 2, 6], [6], [6], [5, 5, 6, 9], [9], [9], [9, 4], [4]];
  const variables = shapes.map((shape) => tf.variable(tensor(shape, random)));
  const momenta = shapes.map((shape) => tf.variable(tf.zeros(shape)));
  const [f1, g1, b1, f2, g2, b2, kernel, bias] = variables;
  return Array.from({ length: STEPS }, () =>
    tf.tidy(() => {
      const x = tensor([10, 9, 9, 2], random);
      const labels = tf.tensor1d(
        Array.from({ length: 10 }, (_, i) => i % 4),
        'int32',
      );
      const { value, grads } = tf.variableGrads(() => {
        const first = o.batchNormalization(o.convolution(x, f1, 1), g1, b1, NORMALIZATION).y;
        const second = o.batchNormalization(o.convolution(first, f2, 2), g2, b2, NORMALIZATION).y;
        const skip = o.matchChannels(o.resizeNearest(first, 5, 5), 9);
        return o.softmaxCrossEntropy(
          o.dense(o.globalAveragePool(o.sum([second, skip])), kernel, bias),
          labels,
        );
      }, variables);
      variables.forEach((v, i) => o.sgdMomentum(v, momenta[i], grads[v.name], SGD));
      return value.dataSync()[0];
    }),
  );
}

/** Layers [filter, channels, stride] one after the other, each normalised, the last added to the one before. */
function chain(size, channels, layers) {
  const parameters = [];
  const parameter = (name, shape, decays = false) => (parameters.push({ name, shape, decays }), name);
  let from = { name: 'image', shape: { height: size, width: size, channels } };
  const image = from.shape;
  const nodes = layers.map(([side, outputs, stride], i) => {
    const name = `n${i}`;
    const shape = {
      height: Math.ceil(from.shape.height / stride),
      width: Math.ceil(from.shape.width / stride),
      channels: outputs,
    };
    const filter = parameter(`${name}/filter`, [side, side, from.shape.channels, outputs], true);
    const [gamma, beta, mean, variance] = ['gamma', 'beta', 'mean', 'variance'].map((what) =>
      parameter(`${name}/${what}`, [outputs]),
    );
    const terms = [
      { from: from.name, convolution: { filter, stride } },
      ...(i > 0 ? [{ from: from.name }] : []),
    ];
    from = { name, shape };
    return { name, shape, terms, normalization: { gamma, beta, mean, variance, leakiness: 0.1 } };
  });
  const dense = {
    kernel: parameter('dense/kernel', [from.shape.channels, 10], true),
    bias: parameter('dense/bias', [10]),
  };
  return {
    image,
    input: 'image',
    nodes,
    output: from.name,
    classes: 10,
    dense,
    parameters,
    epsilon: 1e-3,
    statisticsDecay: 0.9,
  };
}

/** Losses and final values of a compiled network. */
function compiled(graph, batch, method, threads) {
  const random = randomNumbers(batch);
  const values = new Map(
    graph.parameters.map(({ name, shape }) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const fill =
        name.endsWith('variance') || name.endsWith('gamma') ? new Float32Array(count).fill(1) : undefined;
      return [
        name,
        {
          shape,
          values: fill ?? numbers(count, random, shape.length === 4 ? 4 / Math.sqrt(count / shape[3]) : 0.5),
        },
      ];
    }),
  );
  tf.backend().kernels.set_threads(threads);
  const network = new CompiledNetwork(graph, { trainingBatch: batch, values, method });
  const curve = Array.from({ length: STEPS }, () => {
    const { images, labels } = network.training;
    images.set(numbers(images.length, random));
    labels.set(labels.map(() => integer(random, 0, 9)));
    return network.step(SGD);
  });
  const weights = [...network.values({ momentum: false }).values()].map((array) => array.values);
  network.dispose();
  tf.backend().kernels.set_threads(1);
  return [Float32Array.from(curve), ...weights];
}

const graphs = [
  [
    'narrow',
    chain(14, 1, [
      [3, 1, 1],
      [5, 3, 1],
      [3, 8, 2],
    ]),
    13,
  ],
  [
    'wide',
    chain(12, 3, [
      [3, 16, 1],
      [3, 32, 1],
      [3, 40, 2],
    ]),
    10,
  ],
  [
    'single',
    chain(7, 2, [
      [1, 5, 3],
      [7, 9, 1],
    ]),
    1,
  ],
];
const methods = ['direct', 'winograd2', 'winograd4'];

function requireSame(what, [first, ...others]) {
  for (const other of others) {
    first.forEach((array, i) => {
      const at = array.findIndex((value, k) => !Object.is(value, other[i][k]));
      if (at >= 0) throw new Error(`${what}: result ${i} differs at ${at}: ${array[at]} and ${other[i][at]}`);
    });
  }
}

function requireClose(what, tolerance, [first, ...others]) {
  for (const other of others) {
    first.forEach((array, i) => {
      const scale = Math.max(1, ...array.map(Math.abs));
      // A NaN is close to nothing.
      const at = array.findIndex((value, k) => !(Math.abs(value - other[i][k]) <= tolerance * scale));
      if (at >= 0)
        throw new Error(`${what}: result ${i} is apart at ${at}: ${array[at]} and ${other[i][at]}`);
    });
  }
}

async function onEach(engines, compute) {
  const results = [];
  for (const engine of engines) {
    await tf.setBackend(registerSimdBackend(engine));
    results.push(tf.tidy(compute));
  }
  return results;
}

/** What a thread of JavaScript makes of a network, while others do the same with the same threads of the kernels. */
async function fromWorker() {
  await tf.setBackend(registerSimdBackend('native'));
  const [, graph, batch] = graphs[1];
  return compiled(graph, batch, 'winograd4', 3);
}

function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url));
    worker.once('message', resolve).once('error', reject);
  });
}

async function main() {
  const found = nativeEngine();
  if (!found.available) {
    console.error(`skipped, no native engine: ${found.reason}`);
    return 77;
  }
  const both = ['native', 'wasm'];
  const digest = createHash('sha256');
  const productsDigest = createHash('sha256');
  for (let seed = 0; seed < ROUNDS; seed++) {
    const results = await onEach(both, () => round(randomNumbers(seed)));
    requireSame(
      `operations, seed ${seed}`,
      results.map(({ others }) => others),
    );
    requireClose(
      `products, seed ${seed}`,
      1e-5,
      results.map(({ products }) => products),
    );
    for (const array of results[0].others) digest.update(array);
    for (const array of results[0].products) productsDigest.update(array);
  }
  const curves = await onEach(both, () => [Float32Array.from(losses(randomNumbers(1)))]);
  requireClose('a net of single operations', 1e-3, curves);
  productsDigest.update(curves[0][0]);
  for (const [name, graph, batch] of graphs) {
    for (const method of methods) {
      const what = `compiled ${name}, ${method}`;
      requireClose(what, 1e-3, await onEach(both, () => compiled(graph, batch, method, 1)));
      const threads = [1, 2, 3, 8].map((count) => () => compiled(graph, batch, method, count));
      const results = await Promise.all(
        threads.map(async (compute) => (await onEach(['native'], compute))[0]),
      );
      requireSame(`${what}, threads`, results);
      for (const array of results[0]) productsDigest.update(array);
    }
  }
  requireSame('threads of JavaScript', await Promise.all([fromWorker(), inWorker(), inWorker(), inWorker()]));
  console.log(
    `both engines agree: Node ${process.versions.node}, ${process.platform}-${process.arch}, ${found.isa}`,
  );
  console.log(digest.digest('hex').slice(0, 16), productsDigest.digest('hex').slice(0, 16));
  return 0;
}

tf.enableProdMode();
if (isMainThread) process.exitCode = await main();
else parentPort.postMessage(await fromWorker());
