import { type Operations, SimdBackend, type SgdOptions } from '@galapagos/backend-simd';
import { engine, memory } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type Backend, chooseBackend } from '../../packages/trainer/src/backend.js';
import { type Network, createNetwork } from '../../packages/trainer/src/network.js';
import { type Plan, planNetwork } from '../../packages/trainer/src/plan.js';
import { TapeNetwork } from '../../packages/trainer/src/tape-network.js';
import { WeightsFileError } from '../../packages/trainer/src/weights-file.js';
import { chain, fillRandomly, floatsOf, freshWeights, randomDna } from './support.js';

const image = { height: 5, width: 6, channels: 2 };
const BATCH = 8;
/** With these a step leaves each gradient in the momentum, and takes it off the variable. */
const GRADIENT: SgdOptions = { learningRate: 1, weightDecay: 0, momentum: 0 };
const NOTHING: SgdOptions = { learningRate: 0, weightDecay: 0, momentum: 0 };

type Values = Record<string, Float32Array>;
interface Result {
  readonly loss: number;
  readonly before: Values;
  readonly after: Values;
}

/** How a network is made: as the trainer does it, or from single operations whatever they are. */
type Make = typeof createNetwork;
const ontoTape: Make = (...args) => new TapeNetwork(...args);

function use<T>(
  plan: Plan,
  operations: Operations,
  weights: ReturnType<typeof freshWeights>,
  action: (step: (options: SgdOptions) => number, network: Network) => T,
  make: Make = createNetwork,
): T {
  const network = make(plan, operations, weights, { training: BATCH, inference: BATCH });
  fillRandomly(plan, network.training);
  try {
    return action((options) => network.step(options), network);
  } finally {
    network.dispose();
  }
}

function stepOnce(
  plan: Plan,
  { operations }: Backend,
  options: SgdOptions,
  weights = freshWeights(plan),
  make: Make = createNetwork,
): Result {
  const steps = (step: (options: SgdOptions) => number, network: Network): Result => {
    const before = valuesOf(network);
    return { loss: step(options), before, after: valuesOf(network) };
  };
  return use(plan, operations, weights, steps, make);
}

function valuesOf(network: Network): Values {
  return Object.fromEntries(
    [...network.values({ momentum: true })].map(([name, { values }]) => [name, values.slice()]),
  );
}

function gradientsOf({ after }: Result): Values {
  const momenta = Object.entries(after).filter(([name]) => name.startsWith('momentum/'));
  return Object.fromEntries(momenta.map(([name, values]) => [name.replace('momentum/', ''), values]));
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** 5 to 15 mutations, that have at least one convolution. */
const lineages = Array.from({ length: 200 }, (_, i) => ({
  name: `random ${i}`,
  dna: randomDna(`network ${i}`, 5 + (i % 11), image),
}))
  .filter(({ dna }) => Object.values(dna.edges).some(({ type }) => type === 'CONV'))
  .slice(0, 24);

describe('whole random networks', () => {
  const forms = [
    ['compiled', createNetwork],
    ['from single operations', ontoTape],
  ] as const;
  const all = lineages.flatMap((lineage) => forms.map(([form, make]) => ({ ...lineage, form, make })));
  test.each(all)(
    '$name: $form, the same loss and gradients as from stock operations',
    async ({ dna, make }) => {
      const plan = planNetwork(dna, image, 3);
      const simd = stepOnce(plan, await chooseBackend('wasm'), GRADIENT, freshWeights(plan), make);
      const stock = stepOnce(plan, await chooseBackend('cpu'), GRADIENT);
      // float32 has 24 bits; a few hundred terms in another order, through some layers, cost about 8 of them.
      expect(Math.abs(simd.loss - stock.loss)).toBeLessThan(1e-5 * Math.max(1, stock.loss));
      const [ours, theirs] = [gradientsOf(simd), gradientsOf(stock)];
      expect(Object.keys(ours)).toEqual(Object.keys(theirs));
      const scale = Math.max(...Object.values(theirs).map(largest));
      expect(scale).toBeGreaterThan(1e-3);
      for (const [name, values] of Object.entries(theirs)) {
        const apart = largest(values.map((value, i) => value - (ours[name]?.[i] ?? NaN)));
        expect(apart, name).toBeLessThan(2e-4 * scale);
      }
      for (const name of Object.keys(stock.after).filter((name) => /(mean|variance)$/.test(name))) {
        const apart = largest(
          (stock.after[name] ?? new Float32Array()).map((v, i) => v - (simd.after[name]?.[i] ?? NaN)),
        );
        expect(apart, name).toBeLessThan(1e-4);
      }
    },
  );

  test.each(lineages.slice(0, 10))('$name: the gradients are those of the loss', async ({ dna }) => {
    const { operations } = await chooseBackend('wasm');
    const plan = planNetwork(dna, image, 3);
    const weights = freshWeights(plan);
    const gradients = gradientsOf(stepOnce(plan, await chooseBackend('wasm'), GRADIENT));
    let compared = 0;
    for (const [name, gradient] of Object.entries(gradients)) {
      const norm = Math.hypot(...gradient);
      // Smaller ones drown in the rounding of the loss.
      if (norm < 0.02) continue;
      // Along its own gradient the loss changes by the gradient's length.
      const lossAt = (offset: number) => {
        const { shape, values } = weights.get(name) ?? { shape: [], values: new Float32Array() };
        const moved = values.map((value, i) => value + (offset * (gradient[i] ?? 0)) / norm);
        const all = new Map([...weights, [name, { shape, values: moved }]]);
        return use(plan, operations, all, (step) => step(NOTHING));
      };
      const h = 4e-3;
      const slope = (lossAt(h) - lossAt(-h)) / (2 * h);
      // The loss is rounded to 1e-7, twice, over 2 h: 3e-5; curvature and kinks of the ReLU make up the rest.
      expect(Math.abs(slope - norm) / norm, `${name}: ${slope} for ${norm}`).toBeLessThan(0.03);
      compared++;
    }
    expect(compared).toBeGreaterThan(1);
  });
});

describe('one step', () => {
  const plan = planNetwork(
    chain([{ conv: { factor: 2 }, bn: true, leakiness: 0.1 }, { conv: {} }]),
    image,
    3,
  );
  const options = { learningRate: 0.1, weightDecay: 0.25, momentum: 0.5 };

  test('is SGD with momentum; filters and the dense kernel decay, nothing else does', async () => {
    const backend = await chooseBackend('wasm');
    const gradients = gradientsOf(stepOnce(plan, backend, GRADIENT));
    const weights = freshWeights(plan);
    for (const [name, gradient] of Object.entries(gradients)) {
      const shape = weights.get(name)?.shape ?? [];
      weights.set(`momentum/${name}`, { shape, values: gradient.map((_, i) => 0.01 * i) });
    }
    const { before, after } = stepOnce(plan, backend, options, weights);
    const decaying = Object.keys(gradients).filter((name) => /(filter|kernel)$/.test(name));
    expect(decaying).toEqual(['edge/e1/filter', 'edge/e2/filter', 'dense/kernel']);
    for (const [name, gradient] of Object.entries(gradients)) {
      const decay = decaying.includes(name) ? options.weightDecay : 0;
      const momentum = gradient.map(
        (g, i) => options.momentum * 0.01 * i + g + decay * (before[name]?.[i] ?? NaN),
      );
      expectClose(after[`momentum/${name}`], momentum, name);
      expectClose(
        after[name],
        momentum.map((m, i) => (before[name]?.[i] ?? NaN) - options.learningRate * m),
        name,
      );
    }
  });

  test('keeps nine tenths of the moving statistics, of the batch the biased variance', async () => {
    const backend = await chooseBackend('wasm');
    // The batch of an identity convolution: its statistics are those of the images.
    const direct = planNetwork(chain([{ bn: true }]), image, 3);
    const pixels = use(direct, backend.operations, freshWeights(direct), (_, { training }) =>
      floatsOf(training).images.slice(),
    );
    const { after } = stepOnce(direct, backend, NOTHING);
    for (const channel of [0, 1]) {
      const values = pixels.filter((_, i) => i % 2 === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expect(after['vertex/v1/mean']?.[channel]).toBeCloseTo(0.9 * 0 + 0.1 * mean, 6);
      expect(after['vertex/v1/variance']?.[channel]).toBeCloseTo(0.9 * 1 + 0.1 * variance, 6);
    }
  });

  test.each([
    ['compiled', createNetwork],
    ['from single operations', ontoTape],
  ])('%s, leaves nothing behind, and takes all along when it is disposed', async (_form, make) => {
    const { operations } = await chooseBackend('wasm');
    const life = (network: Network, steps: number) => {
      for (let i = 0; i < steps; i++) network.step(options);
      fillRandomly(plan, network.inference);
      network.countCorrect(BATCH);
    };
    use(plan, operations, freshWeights(plan), (_, network) => life(network, 1), make);
    const before = used();
    use(
      plan,
      operations,
      freshWeights(plan),
      (_, network) => {
        life(network, 1);
        const during = used();
        life(network, 5);
        expect(used()).toEqual(during);
      },
      make,
    );
    expect(used()).toEqual(before);
  });
});

/** Tensors, and bytes of the kernels' memory. */
function used(): { tensors: number; bytes: number } {
  const { backend } = engine();
  if (!(backend instanceof SimdBackend)) throw new Error('another back end is selected');
  return { tensors: memory().numTensors, bytes: backend.heapUsage().bytesInUse };
}

describe('in validation', () => {
  test.each([createNetwork, ontoTape])(
    'the moving statistics count, not those of the batch',
    async (make) => {
      const { operations } = await chooseBackend('wasm');
      const plan = planNetwork(chain([{ bn: true }]), image, 2);
      const weights = freshWeights(plan);
      const set = (name: string, ...values: number[]) => {
        weights.set(name, { shape: weights.get(name)?.shape ?? [], values: Float32Array.from(values) });
      };
      // One channel decides: its mean over the image, against the moving mean of 100 or -100.
      set('dense/kernel', 1, 0, 0, 0);
      set('dense/bias', -0.001, 0);
      for (const [mean, correct] of [
        [100, 'second'],
        [-100, 'first'],
      ] as const) {
        set('vertex/v1/mean', mean, mean);
        const network = make(plan, operations, weights, { inference: BATCH });
        fillRandomly(plan, network.inference);
        const first = network.inference.labels.filter((label) => label === 0).length;
        expect(network.countCorrect(BATCH)).toBe(correct === 'first' ? first : BATCH - first);
        expect(first).toBeGreaterThan(0);
        expect(first).toBeLessThan(BATCH);
        network.dispose();
      }
    },
  );
});

describe('weights of another network', () => {
  const plan = planNetwork(chain([{ conv: {} }]), image, 3);

  test.each([
    [
      'one is missing',
      (weights: ReturnType<typeof freshWeights>) => weights.delete('dense/bias'),
      /no values for dense\/bias/,
    ],
    [
      'one has another shape',
      (weights: ReturnType<typeof freshWeights>) =>
        weights.set('edge/e1/filter', { shape: [1, 1, 2, 2], values: new Float32Array(4) }),
      /edge\/e1\/filter has shape \[1,1,2,2\], not \[3,3,2,2\]/,
    ],
    [
      'a momentum has another shape',
      (weights: ReturnType<typeof freshWeights>) =>
        weights.set('momentum/dense/bias', { shape: [2], values: new Float32Array(2) }),
      /dense\/bias has shape \[2\], not \[3\]/,
    ],
  ])('are refused, and leave nothing: %s', async (_name, spoil, message) => {
    const { operations } = await chooseBackend('wasm');
    const before = used();
    const weights = freshWeights(plan);
    spoil(weights);
    const make = () => createNetwork(plan, operations, weights, { training: BATCH });
    expect(make).toThrow(WeightsFileError);
    expect(make).toThrow(message);
    expect(used()).toEqual(before);
  });
});

function expectClose(actual: Float32Array | undefined, expected: Float32Array, name: string): void {
  expect(actual?.length).toBe(expected.length);
  const apart = largest(expected.map((value, i) => value - (actual?.[i] ?? NaN)));
  expect(apart, name).toBeLessThan(1e-6 * Math.max(1, largest(expected)));
}
