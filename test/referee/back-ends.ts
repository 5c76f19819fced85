// Everything that trains a network, behind one interface: what the referee is asked about.
import { CompiledNetwork, type ConvolutionMethod, type NetworkGraph } from '@galapagos/backend-simd';
import { tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import type { Arrays } from '../../packages/trainer/src/arrays.js';
import type { BackendName } from '../../packages/trainer/src/backend-choice.js';
import { chooseBackend } from '../../packages/trainer/src/backend.js';
import { Network } from '../../packages/trainer/src/network.js';
import { parametersOf } from '../../packages/trainer/src/parameters.js';
import type { Plan } from '../../packages/trainer/src/plan.js';
import type { Batch, StepOptions } from './network.js';

export interface Trained {
  step(batch: Batch, options: StepOptions): number;
  countCorrect(batch: Batch): number;
  /** With the momenta. */
  values(): Arrays;
  dispose(): void;
}

export interface Contestant {
  readonly name: string;
  /** How far from float64 its numbers may be, relative to the largest of their kind. */
  readonly tolerance: number;
  /** @throws BackendError where it is not there. */
  readonly open: (plan: Plan, weights: Arrays, batchSize: number) => Promise<Trained>;
}

// float32 has 24 bits, 6e-8; sums of some hundred terms, through ten layers, cost three to six of them. F(4x4, 3x3)
// multiplies by up to 8 on the way, and so loses some more.
const DIRECT = 5e-6;
const WINOGRAD4 = 1e-4;

const methods: readonly [ConvolutionMethod, number][] = [
  ['direct', DIRECT],
  ['winograd2', DIRECT],
  ['winograd4', WINOGRAD4],
  ['automatic', WINOGRAD4],
];

export const contestants: readonly Contestant[] = [
  ...(['simd', 'cpu'] as const).map((backend) => ({
    name: `${backend}, tape`,
    tolerance: DIRECT,
    open: (plan: Plan, weights: Arrays) => onTape(backend, plan, weights),
  })),
  ...methods.map(([method, tolerance]) => ({
    name: `simd, compiled, ${method}`,
    tolerance,
    open: (plan: Plan, weights: Arrays, batchSize: number) => compiled(method, plan, weights, batchSize),
  })),
];

async function onTape(backend: BackendName, plan: Plan, weights: Arrays): Promise<Trained> {
  const { operations } = await chooseBackend(backend);
  const network = new Network(plan, operations, weights);
  const tensors = ({ images, labels }: Batch) => ({
    x: tensor4d(Float32Array.from(images.data), images.shape as [number, number, number, number]),
    y: tensor1d([...labels], 'int32'),
  });
  return {
    step: (batch, options) =>
      tidy(() => {
        const { x, y } = tensors(batch);
        return network.step(x, y, options);
      }),
    countCorrect: (batch) =>
      tidy(() => {
        const { x, y } = tensors(batch);
        return network.countCorrect(x, y);
      }),
    values: () => network.values({ momentum: true }),
    dispose: () => network.dispose(),
  };
}

async function compiled(
  method: ConvolutionMethod,
  plan: Plan,
  weights: Arrays,
  batchSize: number,
): Promise<Trained> {
  await chooseBackend('simd');
  const sizes = { trainingBatch: batchSize, inferenceBatch: batchSize };
  const network = new CompiledNetwork(graphOf(plan), { ...sizes, method, values: weights });
  const fill = (of: 'training' | 'inference', { images, labels }: Batch) => {
    network[of].images.set(images.data);
    network[of].labels.set(labels);
  };
  return {
    step: (batch, options) => {
      fill('training', batch);
      return network.step(options);
    },
    countCorrect: (batch) => {
      fill('inference', batch);
      return network.countCorrect();
    },
    values: () => network.values({ momentum: true }),
    dispose: () => network.dispose(),
  };
}

function graphOf(plan: Plan): NetworkGraph {
  const normalization = (id: string, leakiness: number) => {
    const name = (of: string) => `vertex/${id}/${of}`;
    return {
      gamma: name('gamma'),
      beta: name('beta'),
      mean: name('mean'),
      variance: name('variance'),
      leakiness,
    };
  };
  return {
    image: plan.image,
    input: plan.input,
    nodes: plan.vertices.map(({ id, shape, edges, batchNormalization }) => ({
      name: id,
      shape,
      terms: edges.map(({ id: edge, from, convolution }) => ({
        from,
        convolution: convolution && { filter: `edge/${edge}/filter`, stride: convolution.stride },
      })),
      normalization: batchNormalization && normalization(id, batchNormalization.leakiness),
    })),
    output: plan.output,
    classes: plan.classes,
    dense: { kernel: 'dense/kernel', bias: 'dense/bias' },
    parameters: parametersOf(plan),
    epsilon: 1e-3,
    statisticsDecay: 0.9,
  };
}
