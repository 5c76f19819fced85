import { firstDna, parseDna } from '@galapagos/dna';
import { profile } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../packages/trainer/src/backend.js';
import { costOf } from '../../packages/trainer/src/flops.js';
import { type Plan, planNetwork } from '../../packages/trainer/src/plan.js';
import { TapeNetwork } from '../../packages/trainer/src/tape-network.js';
import { addEdge, chain, fillRandomly, freshWeights, randomDna } from './support.js';

const image = { height: 6, width: 6, channels: 2 };
const BATCH = 4;

describe('by hand', () => {
  test('the first individual', () => {
    const cost = costOf(planNetwork(firstDna(), image, 3), BATCH);
    const pool = 6 * 6 * 2;
    const classifier = { forward: 2 * 2 * 3 + 3 + 5 * 3, backward: 2 * (2 * 2 * 3) + 3 + 2 * 3 };
    expect(cost).toEqual({
      parameters: 9,
      flopsPerStep: BATCH * (pool + classifier.forward + classifier.backward) + 6 * 9,
      flopsPerValidation: pool + 2 * 2 * 3 + 3 + 3,
      memoryBytes: 4 * (2 * BATCH * (6 * 6 * 2 + 2 + 2 * 3) + 3 * 9),
    });
  });

  test('two convolutions: the gradient of the image is never computed, that of an activation is', () => {
    const dna = chain([{ conv: { factor: 2 } }, { conv: { strideScale: 1 } }]);
    const bare = chain([{}]);
    const difference =
      costOf(planNetwork(dna, image, 3), 1).flopsPerStep -
      costOf(planNetwork(bare, image, 3), 1).flopsPerStep;
    const [first, second] = [2 * (3 * 3 * 2 * 4) * 36, 2 * (3 * 3 * 4 * 4) * 9];
    // The pool of [3, 3, 4], with a gradient, instead of that of the image, without; a dense kernel of [4, 3].
    const pool = 2 * (9 * 4) - 36 * 2;
    const dense = 3 * 2 * (4 - 2) * 3;
    const update = 6 * (3 * 3 * 2 * 4 + 3 * 3 * 4 * 4 + (4 - 2) * 3);
    expect(difference).toBe(2 * first + 3 * second + pool + dense + update);
  });

  test('what lies behind identities of the image alone needs no gradient either', () => {
    const direct = costOf(planNetwork(chain([{ conv: {} }]), image, 3), BATCH);
    const behind = costOf(planNetwork(chain([{}, { conv: {} }]), image, 3), BATCH);
    expect(behind.flopsPerStep).toBe(direct.flopsPerStep);
  });

  test('counts in numbers that no computer could build', () => {
    const conv = { factor: 1e6, halfHeight: 1e6, halfWidth: 1e6 };
    const cost = costOf(planNetwork(chain([{ conv }, { conv }]), image, 3), BATCH);
    expect(cost.parameters).toBeGreaterThan(1e30);
    expect(cost.flopsPerStep).toBeGreaterThan(1e30);
  });
});

interface Kernel {
  readonly name: string;
  readonly inputShapes: number[][];
  readonly outputShapes: number[][];
}

/** Operations of a kernel that ran, from the shapes that it was given and gave. */
function flopsOfKernel({ name, inputShapes, outputShapes }: Kernel, training: boolean): number {
  const size = (shape: number[] = []) => shape.reduce((product, side) => product * side, 1);
  const [first = [], second = []] = inputShapes;
  const [output = []] = outputShapes;
  switch (name) {
    case 'Conv2D':
      return (2 * size(second) * size(output)) / (second[3] ?? 0);
    case 'Conv2DBackpropInput':
      return (2 * size(second) * size(first)) / (second[3] ?? 0);
    case 'Conv2DBackpropFilter':
      return (2 * size(output) * size(second)) / (output[3] ?? 0);
    case 'SimdBatchNormalization':
      // And two moving averages.
      return 8 * size(first) + 2 * 3 * (first[3] ?? 0);
    case 'SimdBatchNormalizationGradient':
      return 12 * size(first);
    case 'SimdBatchNormalizationInference':
      return 3 * size(first);
    case 'SimdSum':
      return (inputShapes.length - 1) * size(first);
    case 'Add':
    case 'AddN':
      return (inputShapes.length - 1) * size(output);
    case 'SimdResizeNearestGradient':
      return size(first);
    case 'SimdGlobalAveragePool':
      return size(first);
    case 'SimdGlobalAveragePoolGradient':
      return size(output);
    case 'SimdDense':
      return 2 * size(first) * (second[1] ?? 0) + size(output) + (training ? 0 : size(output));
    case 'SimdDenseGradient':
      return 4 * size(outputShapes[1]) * (first[0] ?? 0) + size(first);
    case 'SimdSoftmaxCrossEntropy':
      return 5 * size(first);
    case 'SimdSoftmaxCrossEntropyGradient':
      return 2 * size(outputShapes[0]);
    default:
      // Copies.
      expect(name).toMatch(/^(Identity|SimdResizeNearest|SimdMatchChannels|Reshape|Cast|OnesLike|Fill)/);
      return 0;
  }
}

async function counted(plan: Plan): Promise<{ step: number; validation: number }> {
  const { operations } = await chooseBackend('wasm');
  // The compiled form does the same in one call, inside which nothing can be counted.
  const sizes = { training: BATCH, inference: BATCH };
  const network = new TapeNetwork(plan, operations, freshWeights(plan), sizes);
  fillRandomly(plan, network.training);
  const options = { learningRate: 0.01, weightDecay: 0.1, momentum: 0.9 };
  const run = async (action: () => number, training: boolean): Promise<number> => {
    let result = 0;
    const { kernels } = await profile(() => {
      result = action();
      return [];
    });
    expect(result).not.toBeNaN();
    return (kernels as unknown as Kernel[]).reduce((sum, kernel) => sum + flopsOfKernel(kernel, training), 0);
  };
  const kernels = await run(() => network.step(options), true);
  const update =
    6 * network.parameters.reduce((sum, { spec, value }) => sum + (spec.trainable ? value.size : 0), 0);
  const validation = await run(() => network.countCorrect(BATCH), false);
  network.dispose();
  return { step: kernels + update, validation };
}

describe('against the kernels that run in a step', () => {
  beforeAll(async () => {
    await chooseBackend('wasm');
  });

  const branched = () => {
    const dna = chain([
      { conv: { factor: 3 }, bn: true },
      { conv: { strideScale: 1 } },
      { conv: {}, bn: true },
    ]);
    addEdge(dna, 's1', 'v1', 'v3');
    addEdge(dna, 's2', 'v0', 'v2');
    addEdge(dna, 's3', 'v0', 'v3');
    return parseDna(dna);
  };
  const cases = [
    ['the first individual', firstDna()],
    ['branches', branched()],
    ...Array.from({ length: 12 }, (_, i) => [`random ${i}`, randomDna(`flops ${i}`, 10 + i, image)] as const),
  ] as const;

  test.each(cases)('%s', async (_name, dna) => {
    const plan = planNetwork(dna, image, 3);
    const { flopsPerStep, flopsPerValidation } = costOf(plan, BATCH);
    expect(await counted(plan)).toEqual({ step: flopsPerStep, validation: BATCH * flopsPerValidation });
  });
});
