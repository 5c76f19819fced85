import type { Shape } from '@galapagos/dna';
import { countParameters, parametersOf, sizeOf } from './parameters.js';
import type { Plan, PlannedEdge, PlannedVertex } from './plan.js';

/** Floating-point operations and memory of a network, counted over the operations that run. */
export interface NetworkCost {
  readonly parameters: number;
  /** F_t: of one training step, gradients and update included. */
  readonly flopsPerStep: number;
  /** F_v: of the forward pass of one example in validation. */
  readonly flopsPerValidation: number;
  /** Estimated bytes of a training step: what the backward pass needs of the forward pass, gradients, parameters. */
  readonly memoryBytes: number;
}

// Operations per number. A multiplication, an addition, a comparison and a square root count as one each.
const NORMALIZATION_FORWARD = 8;
const NORMALIZATION_INFERENCE = 3;
const NORMALIZATION_BACKWARD = 12;
const SOFTMAX = 5;
const UPDATE = 6;
const FLOAT_BYTES = 4;

/**
 * Counts what a network costs (section 3.6: F_t N_t + F_v N_v). A convolution is two operations per weight and
 * output position, and in training twice as much again: the gradient of the filter and that of its input, the
 * latter not where the input is the image.
 */
export function costOf(plan: Plan, batchSize: number): NetworkCost {
  let forward = 0;
  let backward = 0;
  let inference = 0;
  let activations = volume(plan.image);
  for (const vertex of plan.vertices) {
    const cost = vertexCost(plan, vertex);
    forward += cost.forward;
    backward += cost.backward;
    inference += cost.inference;
    activations += cost.activations;
  }
  const classifier = 2 * plan.features * plan.classes + SOFTMAX * plan.classes;
  const parameters = countParameters(parametersOf(plan));
  const perExample = forward + backward + 3 * classifier;
  return {
    parameters,
    flopsPerStep: perExample * batchSize + UPDATE * parameters,
    flopsPerValidation: inference + classifier,
    // Each activation has a gradient; each parameter a gradient and a momentum.
    memoryBytes: FLOAT_BYTES * (2 * activations * batchSize + 3 * parameters),
  };
}

function vertexCost(plan: Plan, vertex: PlannedVertex) {
  const size = volume(vertex.shape);
  let forward = 0;
  let backward = 0;
  let activations = 0;
  for (const edge of vertex.edges) {
    const convolution = convolutionFlops(edge);
    forward += convolution;
    backward += edge.from === plan.input ? convolution : 2 * convolution;
    if (edge.convolution !== undefined) activations += volume(edge.yields);
    if (volume(edge.yields) !== size) activations += size;
  }
  const sum = vertex.edges.length > 1 ? (vertex.edges.length - 1) * size : 0;
  const normalized = vertex.batchNormalization === undefined ? 0 : size;
  const pooled = vertex.id === plan.output ? size : 0;
  return {
    forward: forward + sum + pooled + NORMALIZATION_FORWARD * normalized,
    backward: backward + sum + pooled + NORMALIZATION_BACKWARD * normalized,
    inference: forward + sum + pooled + NORMALIZATION_INFERENCE * normalized,
    activations: activations + (sum > 0 ? size : 0) + normalized,
  };
}

function convolutionFlops({ convolution, yields }: PlannedEdge): number {
  return convolution === undefined ? 0 : 2 * sizeOf(convolution.filter) * yields.height * yields.width;
}

function volume({ height, width, channels }: Shape): number {
  return height * width * channels;
}
