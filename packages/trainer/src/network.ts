import {
  type Batches,
  type ByteBatch,
  CompiledNetwork,
  type NetworkBatch,
  type Normalization,
  type Operations,
  type SgdOptions,
  networkBytes,
  simdOperations,
} from '@galapagos/backend-simd';
import type { Arrays } from './arrays.js';
import type { NetworkCost } from './flops.js';
import { sameShape } from './inherit-weights.js';
import { graphOf } from './network-graph.js';
import { type ParameterSpec, parametersOf } from './parameters.js';
import type { Plan } from './plan.js';
import { TapeNetwork } from './tape-network.js';
import { WeightsFileError } from './weights-file.js';

/** A network with its weights, on the selected back end. To be disposed. */
export interface Network {
  /** The examples of the next step: to be filled in before it, and asked for anew each time. */
  readonly training: NetworkBatch | ByteBatch;
  /** The examples that are classified next; filling them in may spoil those of `training`. */
  readonly inference: NetworkBatch | ByteBatch;
  /**
   * One step of stochastic gradient descent with momentum; updates the moving statistics.
   * @returns The mean cross-entropy of the batch, without the L2 penalty.
   */
  step(options: SgdOptions): number;
  /** How many of the first `valid` examples of `inference` are classified correctly, with the moving statistics. */
  countCorrect(valid: number): number;
  /** Copies of the values of every variable, and of the momentum as `momentum/<name>`. */
  values(options: { momentum: boolean }): Arrays;
  dispose(): void;
}

/** How many examples a step takes, and how many are classified at once: each only where it is done at all. */
export interface BatchSizes {
  readonly training?: number;
  readonly inference?: number;
  /** With it compiled networks take their images as bytes. */
  readonly normalization?: Normalization;
}

/** Examples that compiled networks classify at once: few stay in the cache from layer to layer, and fill whole vectors. */
const INFERENCE_BATCH = 16;
const MOST_COMPILED_BYTES = 2 ** 32;

/** For a training and the validation at its end, of which a forward pass alone needs less memory than a step. */
export function batchSizes(
  operations: Operations,
  { batchSize }: { readonly batchSize: number },
  { normalization }: { readonly normalization: Normalization },
): Required<BatchSizes> {
  const inference = isCompiled(operations) ? INFERENCE_BATCH : 2 * batchSize;
  return { training: batchSize, inference, normalization };
}

/**
 * What a network costs where it is compiled: the memory is known then, and what is counted over its operations is only
 * an estimate of it.
 */
export function compiledCost(
  plan: Plan,
  operations: Operations,
  cost: NetworkCost,
  sizes: Required<BatchSizes>,
): NetworkCost {
  // Beyond, numbers may not fit those of the kernels, and it is over any limit anyway.
  if (!isCompiled(operations) || cost.memoryBytes > MOST_COMPILED_BYTES) return cost;
  return { ...cost, memoryBytes: networkBytes(graphOf(plan), batchesOf(sizes)) };
}

function isCompiled(operations: Operations): boolean {
  return operations === simdOperations;
}

/**
 * Builds a network: compiled where the operations are those of our kernels, from single operations elsewhere.
 * @param values Of every variable; those of `momentum/<name>` are taken where they are there, else 0.
 * @throws WeightsFileError when one is missing, or is of another shape: they are those of another network.
 */
export function createNetwork(
  plan: Plan,
  operations: Operations,
  values: Arrays,
  sizes: BatchSizes,
): Network {
  for (const spec of parametersOf(plan)) requireValues(values, spec);
  if (!isCompiled(operations)) return new TapeNetwork(plan, operations, values, sizes);
  return new CompiledNetwork(graphOf(plan), { ...batchesOf(sizes), values });
}

function batchesOf({ training, inference, normalization }: BatchSizes): Batches {
  return { trainingBatch: training, inferenceBatch: inference, normalization };
}

function requireValues(values: Arrays, { name, shape, trainable }: ParameterSpec): void {
  const value = values.get(name);
  if (value === undefined) throw new WeightsFileError(`no values for ${name}`);
  const momentum = trainable ? values.get(`momentum/${name}`) : undefined;
  for (const found of momentum === undefined ? [value] : [value, momentum]) {
    if (sameShape(found.shape, shape)) continue;
    throw new WeightsFileError(`${name} has shape [${found.shape.join()}], not [${shape.join()}]`);
  }
}
