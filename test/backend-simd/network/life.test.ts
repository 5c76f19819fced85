import type { SimdBackend } from '@galapagos/backend-simd';
import {
  CompiledNetwork,
  KernelError,
  type NetworkGraph,
  type SgdOptions,
  networkBytes,
} from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { engines, randomNumbers } from '../support.js';
import { graphOf, graphs } from './graphs.js';
import { type Arrays, randomArrays, randomBatch } from './random-network.js';
import { fill } from './tape.js';

const STEP: SgdOptions = { learningRate: 0.02, momentum: 0.8, weightDecay: 0.1 };
const image = { height: 4, width: 5, channels: 2 };
const filter: [number, number] = [3, 3];
const graph = graphOf(
  image,
  [
    { shape: { height: 4, width: 5, channels: 4 }, leakiness: 0, terms: [{ from: 0, filter, stride: 1 }] },
    { shape: { height: 2, width: 3, channels: 4 }, leakiness: 0, terms: [{ from: 1, filter, stride: 2 }] },
  ],
  3,
);
const BATCH = 5;

let backend: SimdBackend;
beforeAll(async () => {
  await tf.setBackend((engines[0] as { backend: string }).backend);
  backend = tf.engine().backend as SimdBackend;
});

function use<T>(action: (network: CompiledNetwork) => T, values = randomArrays(graph, randomNumbers(1))): T {
  const network = new CompiledNetwork(graph, { trainingBatch: BATCH, inferenceBatch: BATCH, values });
  try {
    fill(network, 'training', randomBatch(graph, BATCH, randomNumbers(2)));
    return action(network);
  } finally {
    network.dispose();
  }
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof KernelError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

/** What would read or write memory that is another's by now. */
const AFTERWARDS: ((network: CompiledNetwork) => unknown)[] = [
  (network) => network.countCorrect(),
  (network) => network.inference,
  (network) => network.values({ momentum: false }),
  (network) => network.load(randomArrays(graph, randomNumbers(1))),
];

describe('the values of a compiled network', () => {
  test('come out as they went in, momenta too', () => {
    const values = randomArrays(graph, randomNumbers(3));
    const names = [...values.keys()].filter((name) => !/mean|variance/.test(name));
    for (const name of names) {
      const { shape, values: numbers } = values.get(name) ?? { shape: [], values: new Float32Array() };
      values.set(`momentum/${name}`, { shape, values: numbers.map((n) => -n) });
    }
    use((network) => {
      const found = network.values({ momentum: true });
      expect(new Map([...found].toSorted())).toEqual(new Map([...values].toSorted()));
      expect([...network.values({ momentum: false }).keys()]).toEqual(
        graph.parameters.map(({ name }) => name),
      );
      network.step(STEP);
      expect(found, 'copies').toEqual(new Map([...values].map(([name, array]) => [name, array])));
    }, values);
  });

  test('continue, loaded into another network, with the same bits', () => {
    const [direct, resumed] = [0, 1].map((isResumed) =>
      use((network) => {
        for (let i = 0; i < 3; i++) network.step(STEP);
        if (isResumed === 0)
          return [network.step(STEP), network.step(STEP), network.values({ momentum: true })];
        const state = network.values({ momentum: true });
        return use((other) => [other.step(STEP), other.step(STEP), other.values({ momentum: true })], state);
      }),
    );
    expect(resumed).toEqual(direct);
  });

  test.each<[string, (values: Arrays) => void, RegExp]>([
    ['one is missing', (values) => values.delete('n1/gamma'), /^VALUE: no values for n1\/gamma/],
    [
      'one has another shape',
      (values) => values.set('bias', { shape: [4], values: new Float32Array(4) }),
      /^SHAPE: bias has shape \[4\]/,
    ],
    [
      'a momentum has another shape',
      (values) => values.set('momentum/bias', { shape: [1], values: new Float32Array(1) }),
      /^SHAPE: momentum\/bias/,
    ],
  ])('are refused where %s, and nothing is kept', (_name, spoil, message) => {
    const values = randomArrays(graph, randomNumbers(1));
    spoil(values);
    const before = backend.heap.bytesInUse;
    expect(codeOf(() => use(() => 0, values))).toMatch(message);
    expect(backend.heap.bytesInUse).toBe(before);
  });
});

test('a network that only classifies has no momenta', () => {
  const values = randomArrays(graph, randomNumbers(1));
  const network = new CompiledNetwork(graph, { inferenceBatch: BATCH, values });
  expect([...network.values({ momentum: true }).keys()]).toEqual(graph.parameters.map(({ name }) => name));
  network.dispose();
});

test('a stride beyond the image costs no more than one of its size', () => {
  const steps = [5, 2 ** 30].map((stride) => {
    const terms = [{ from: 1, filter, stride }];
    const onePixel = graphOf(
      image,
      [
        {
          shape: { height: 4, width: 5, channels: 4 },
          leakiness: 0,
          terms: [{ from: 0, filter, stride: 1 }],
        },
        { shape: { height: 1, width: 1, channels: 4 }, leakiness: 0, terms },
      ],
      3,
    );
    const network = new CompiledNetwork(onePixel, {
      trainingBatch: BATCH,
      values: randomArrays(onePixel, randomNumbers(1)),
    });
    fill(network, 'training', randomBatch(onePixel, BATCH, randomNumbers(2)));
    const found = [network.step(STEP), network.values({ momentum: true })];
    network.dispose();
    return found;
  });
  expect(steps[1]).toEqual(steps[0]);
});

test('more threads than there were when it was made give the same bits', () => {
  const { kernels } = backend;
  const run = (threads: number) =>
    use((network) => {
      kernels.set_threads(threads);
      return [network.step(STEP), network.step(STEP), network.values({ momentum: true })];
    });
  try {
    const alone = run(1);
    expect(run(4)).toEqual(alone);
  } finally {
    kernels.set_threads(1);
  }
});

describe('what goes in', () => {
  test.each([-1, 3, 2 ** 31 - 1])('a label %i is refused before anything changes', (label) => {
    use((network) => {
      const before = network.values({ momentum: true });
      network.training.labels[3] = label;
      expect(codeOf(() => network.step(STEP))).toBe(
        `VALUE: label ${label} of example 3 is not a class from 0 to 2`,
      );
      expect(network.values({ momentum: true })).toEqual(before);
      expect(codeOf(() => network.countCorrect())).toMatch(/^VALUE: label/);
      // Beyond those that count it does not matter.
      expect(network.countCorrect(3)).toBeLessThanOrEqual(3);
    });
  });

  test.each([NaN, Infinity, -Infinity])(
    '%d in an image comes out in the loss and in the weights',
    (number) => {
      use((network) => {
        network.training.images[7] = number;
        expect(network.step(STEP)).toBeNaN();
        expect(network.values({ momentum: false }).get('kernel')?.values.some(Number.isNaN)).toBe(true);
      });
    },
  );

  test('a NaN or an infinity in a weight comes out too', () => {
    for (const number of [NaN, Infinity]) {
      const values = randomArrays(graph, randomNumbers(1));
      const weights = values.get('n2/0')?.values ?? new Float32Array();
      weights[weights.length - 1] = number;
      expect(use((network) => network.step(STEP), values)).toBeNaN();
    }
  });

  test('counts only the examples that are valid', () => {
    use((network) => {
      const examples = randomBatch(graph, BATCH, randomNumbers(2));
      fill(network, 'inference', examples);
      const each = Array.from({ length: BATCH + 1 }, (_, valid) => network.countCorrect(valid));
      expect(each[0]).toBe(0);
      expect(each.every((count, i) => i === 0 || count - (each[i - 1] ?? 0) <= 1)).toBe(true);
      network.inference.images.fill(NaN, 2 * 40);
      expect(network.countCorrect(2)).toBe(each[2]);
      expect(network.countCorrect()).toBe(each[2]);
    });
  });

  test('what cannot be asked for is refused', () => {
    const trained = new CompiledNetwork(graph, { trainingBatch: 2 });
    expect(codeOf(() => trained.countCorrect())).toMatch(/without inferenceBatch/);
    trained.dispose();
    const tested = new CompiledNetwork(graph, { inferenceBatch: 2 });
    expect(codeOf(() => tested.step(STEP))).toMatch(/without trainingBatch/);
    for (const valid of [-1, 3, 0.5]) expect(codeOf(() => tested.countCorrect(valid))).toMatch(/valid/);
    tested.dispose();
    tested.dispose();
    for (const action of AFTERWARDS) expect(codeOf(() => action(tested))).toMatch(/was disposed/);
    for (const size of [0, 1.5, NaN]) {
      expect(codeOf(() => new CompiledNetwork(graph, { trainingBatch: size }))).toMatch(/^VALUE: a batch/);
    }
  });

  test('what no memory holds is refused, and nothing is kept', () => {
    const before = backend.heap.bytesInUse;
    for (const side of [3e4, 1e9]) {
      const large = graphOf({ height: side, width: side, channels: 8 }, [], 2);
      expect(codeOf(() => new CompiledNetwork(large, { trainingBatch: 50 }))).toMatch(/^OUT_OF_MEMORY/);
    }
    expect(backend.heap.bytesInUse).toBe(before);
  });
});

describe('a graph is refused', () => {
  const [first, second] = graph.nodes;
  const cases: [string, Partial<NetworkGraph>, RegExp][] = [
    ['without its output', { output: 'nowhere' }, /the output nowhere is not there/],
    [
      'with a node that leads nowhere',
      { output: 'n1', dense: graph.dense },
      /the node n2 leads to no output/,
    ],
    ['with two nodes of one name', { nodes: [first!, { ...second!, name: 'n1' }] }, /n1 is there twice/],
    ['in another order', { nodes: [second!, first!] }, /n2: nothing before it is called n1/],
    ['without a parameter', { parameters: graph.parameters.slice(1) }, /the parameter n1\/0 is not there/],
    [
      'with a parameter that nobody uses',
      { parameters: [...graph.parameters, { name: 'more', shape: [1], decays: true }] },
      /the parameter more is used nowhere/,
    ],
    ['with one parameter in two places', { dense: { kernel: 'kernel', bias: 'kernel' } }, /kernel has shape/],
    ['with another number of classes', { classes: 4 }, /kernel has shape \[4,3\], not \[4,4\]/],
    ['with an epsilon of 0', { epsilon: 0 }, /epsilon is 0/],
    ['with images of no pixel', { image: { ...image, width: 0 } }, /the width of the image is 0/],
    ['with a sum of nothing', { nodes: [{ ...first!, terms: [] }, second!] }, /n1 is a sum of nothing/],
  ];
  test.each(cases)('%s', (_name, change, message) => {
    const before = backend.heap.bytesInUse;
    expect(codeOf(() => new CompiledNetwork({ ...graph, ...change }, { trainingBatch: 1 }))).toMatch(message);
    expect(backend.heap.bytesInUse).toBe(before);
  });
});

describe('memory', () => {
  test('stays as it is over many steps, and is given back by 200 networks', () => {
    const drawn = fc.sample(graphs, { numRuns: 200, seed: 5 });
    const life = (one: NetworkGraph) => {
      const network = new CompiledNetwork(one, { trainingBatch: 4, inferenceBatch: 3 });
      network.step(STEP);
      network.countCorrect();
      network.dispose();
    };
    // The scratch of all networks is one, and as large as the largest needs.
    for (const one of drawn) life(one);
    const before = backend.heapUsage();
    for (const one of drawn) life(one);
    use((network) => {
      const during = backend.heapUsage();
      expect(during.bytesInUse).toBeGreaterThanOrEqual(before.bytesInUse + network.bytes);
      for (let i = 0; i < 2000; i++) network.step(STEP);
      expect(backend.heapUsage()).toEqual(during);
    });
    expect(backend.heapUsage()).toEqual(before);
    expect(tf.memory().numTensors).toBe(0);
  });

  test('is known before there is a network', () => {
    for (const one of fc.sample(graphs, { numRuns: 50, seed: 6 })) {
      const batches = { trainingBatch: 20, inferenceBatch: 16 };
      const network = new CompiledNetwork(one, batches);
      // Of the statistics that convolutions gather it knows only the most that they need.
      expect(networkBytes(one, batches)).toBeGreaterThanOrEqual(network.bytes);
      expect(networkBytes(one, batches)).toBeLessThan(network.bytes + 2e5);
      network.dispose();
    }
  });
});
