// Everything that trains a network, behind one interface: what the referee is asked about.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  CompiledNetwork,
  type ConvolutionMethod,
  type Engine,
  type Operations,
  nativeEngine,
  registerSimdBackend,
  simdOperations,
} from '@galapagos/backend-simd';
import { setBackend } from '@tensorflow/tfjs-core';
import type { Arrays } from '../../packages/trainer/src/arrays.js';
import type { BackendName } from '../../packages/trainer/src/backend-choice.js';
import { chooseBackend } from '../../packages/trainer/src/backend.js';
import type { Network } from '../../packages/trainer/src/network.js';
import { graphOf } from '../../packages/trainer/src/network-graph.js';
import type { Plan } from '../../packages/trainer/src/plan.js';
import { TapeNetwork } from '../../packages/trainer/src/tape-network.js';
import { builtDirectory } from '../../packages/trainer/src/tensorflow.js';
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
  readonly open: (plan: Plan, weights: Arrays, batchSize: number) => Promise<Trained>;
}

// float32 has 24 bits, 6e-8; sums of some hundred terms, through ten layers, cost three to six of them. F(4x4, 3x3)
// multiplies by up to 8 on the way, and so loses some more.
const DIRECT = 5e-6;
const WINOGRAD4 = 2e-5;

const methods: readonly [ConvolutionMethod, number][] = [
  ['direct', DIRECT],
  ['winograd2', DIRECT],
  ['winograd4', WINOGRAD4],
  ['automatic', WINOGRAD4],
];

/** The native engine is not judged where it is not there. */
const engines: readonly Engine[] = nativeEngine().available ? ['native', 'wasm'] : ['wasm'];

/** libtensorflow is judged where it is. */
const stock: readonly BackendName[] = existsSync(join(builtDirectory(process.env), 'register.cjs'))
  ? ['cpu', 'tfjs-node']
  : ['cpu'];

export const contestants: readonly Contestant[] = [
  ...stock.map((backend) => ({
    name: backend,
    tolerance: DIRECT,
    open: async (plan: Plan, weights: Arrays, batchSize: number) =>
      onTape((await chooseBackend(backend)).operations, plan, weights, batchSize),
  })),
  ...engines.map((engine) => ({
    name: `${engine}, tape`,
    tolerance: DIRECT,
    open: async (plan: Plan, weights: Arrays, batchSize: number) => {
      await setBackend(registerSimdBackend(engine));
      return onTape(simdOperations, plan, weights, batchSize);
    },
  })),
  ...engines.flatMap((engine) =>
    methods.map(([method, tolerance]) => ({
      name: `${engine}, compiled, ${method}`,
      tolerance,
      open: async (plan: Plan, weights: Arrays, batchSize: number) => {
        await setBackend(registerSimdBackend(engine));
        const sizes = { trainingBatch: batchSize, inferenceBatch: batchSize };
        return trained(new CompiledNetwork(graphOf(plan), { ...sizes, method, values: weights }));
      },
    })),
  ),
];

function onTape(operations: Operations, plan: Plan, weights: Arrays, batchSize: number): Trained {
  const sizes = { training: batchSize, inference: batchSize };
  return trained(new TapeNetwork(plan, operations, weights, sizes));
}

function trained(network: Network): Trained {
  const fill = (of: 'training' | 'inference', { images, labels }: Batch) => {
    const batch = network[of];
    if ('bytes' in batch) throw new Error('made for floats');
    batch.images.set(images.data);
    batch.labels.set(labels);
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
