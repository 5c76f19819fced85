// Everything that trains a network, behind one interface: what the referee is asked about.
import { CompiledNetwork, type ConvolutionMethod } from '@galapagos/backend-simd';
import type { Arrays } from '../../packages/trainer/src/arrays.js';
import type { BackendName } from '../../packages/trainer/src/backend-choice.js';
import { chooseBackend } from '../../packages/trainer/src/backend.js';
import type { Network } from '../../packages/trainer/src/network.js';
import { graphOf } from '../../packages/trainer/src/network-graph.js';
import type { Plan } from '../../packages/trainer/src/plan.js';
import { TapeNetwork } from '../../packages/trainer/src/tape-network.js';
import type { Batch, StepOptions } from './network.js';

interface Trained {
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
    open: (plan: Plan, weights: Arrays, batchSize: number) => onTape(backend, plan, weights, batchSize),
  })),
  ...methods.map(([method, tolerance]) => ({
    name: `simd, compiled, ${method}`,
    tolerance,
    open: (plan: Plan, weights: Arrays, batchSize: number) => compiled(method, plan, weights, batchSize),
  })),
];

async function onTape(
  backend: BackendName,
  plan: Plan,
  weights: Arrays,
  batchSize: number,
): Promise<Trained> {
  const { operations } = await chooseBackend(backend);
  const sizes = { training: batchSize, inference: batchSize };
  return trained(new TapeNetwork(plan, operations, weights, sizes));
}

async function compiled(
  method: ConvolutionMethod,
  plan: Plan,
  weights: Arrays,
  batchSize: number,
): Promise<Trained> {
  await chooseBackend('simd');
  const sizes = { trainingBatch: batchSize, inferenceBatch: batchSize };
  return trained(new CompiledNetwork(graphOf(plan), { ...sizes, method, values: weights }));
}

function trained(network: Network): Trained {
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
      return network.countCorrect(batch.labels.length);
    },
    values: () => network.values({ momentum: true }),
    dispose: () => network.dispose(),
  };
}
