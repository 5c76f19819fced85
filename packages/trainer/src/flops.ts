import type { Shape, VertexId } from '@galapagos/dna';
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

// Operations per number. A multiplication, an addition, a comparison and a square root count as one each; copying,
// as nearest-neighbour resizing, truncation and padding do, counts as none.
const NORMALIZATION = { forward: 8, backward: 12, inference: 3 };
const SOFTMAX = { forward: 5, backward: 2, inference: 1 };
const UPDATE = 6;
const MOVING_AVERAGE = 3;
const FLOAT_BYTES = 4;

interface Cost {
  readonly forward: number;
  readonly backward: number;
  readonly inference: number;
  /** Numbers that are kept until the backward pass. */
  readonly activations: number;
}

/**
 * Counts what a network costs (section 3.6: F_t N_t + F_v N_v). A convolution is two operations per weight and
 * output position, and in training twice as much again: the gradient of the filter and that of its input, the
 * latter only where something before it learns, so not where its input is the image.
 */
export function costOf(plan: Plan, batchSize: number): NetworkCost {
  const learning = learningVertices(plan);
  const costs = [
    ...plan.vertices.map((vertex) => vertexCost(vertex, learning)),
    poolCost(plan, learning),
    classifierCost(plan),
  ];
  const total = (of: keyof Cost) => costs.reduce((sum, cost) => sum + cost[of], 0);
  const specs = parametersOf(plan);
  const parameters = countParameters(specs);
  const statistics = specs.reduce((sum, { trainable, shape }) => sum + (trainable ? 0 : sizeOf(shape)), 0);
  const perExample = total('forward') + total('backward') + fanOut(plan, learning);
  const activations = volume(plan.image) + total('activations');
  return {
    parameters,
    flopsPerStep: perExample * batchSize + UPDATE * parameters + MOVING_AVERAGE * statistics,
    flopsPerValidation: total('inference'),
    // Each activation has a gradient; each parameter a gradient and a momentum.
    memoryBytes: FLOAT_BYTES * (2 * activations * batchSize + 3 * parameters),
  };
}

/** The vertices that something trainable lies in or before: the gradient of any other is not computed. */
function learningVertices({ vertices }: Plan): ReadonlySet<VertexId> {
  const learning = new Set<VertexId>();
  for (const { id, edges, batchNormalization } of vertices) {
    const learns = ({ convolution, from }: PlannedEdge) => convolution !== undefined || learning.has(from);
    if (batchNormalization !== undefined || edges.some(learns)) learning.add(id);
  }
  return learning;
}

function vertexCost(
  { shape, edges, batchNormalization }: PlannedVertex,
  learning: ReadonlySet<VertexId>,
): Cost {
  const size = volume(shape);
  const sum = (edges.length - 1) * size;
  const normalized = batchNormalization === undefined ? 0 : size;
  let convolutions = 0;
  let backward = NORMALIZATION.backward * normalized;
  let activations = (sum > 0 ? size : 0) + normalized;
  for (const { from, yields, convolution } of edges) {
    if (convolution !== undefined) {
      const flops = 2 * sizeOf(convolution.filter) * yields.height * yields.width;
      convolutions += flops;
      backward += learning.has(from) ? 2 * flops : flops;
      activations += volume(yields);
    }
    if (yields.height !== shape.height || yields.width !== shape.width) {
      const resized = volume({ ...shape, channels: yields.channels });
      activations += resized;
      // Each output's gradient is added to that of the input which it took.
      if (convolution !== undefined || learning.has(from)) backward += resized;
    }
    if (yields.channels !== shape.channels) activations += size;
  }
  return {
    forward: convolutions + sum + NORMALIZATION.forward * normalized,
    backward,
    inference: convolutions + sum + NORMALIZATION.inference * normalized,
    activations,
  };
}

/** Where an activation goes to several edges, the gradients that come back are added up. */
function fanOut({ vertices }: Plan, learning: ReadonlySet<VertexId>): number {
  const edges = vertices.flatMap((vertex) => vertex.edges);
  return vertices
    .filter(({ id }) => learning.has(id))
    .map(({ id, shape }) => volume(shape) * Math.max(0, edges.filter(({ from }) => from === id).length - 1))
    .reduce((sum, additions) => sum + additions, 0);
}

function poolCost({ vertices, output }: Plan, learning: ReadonlySet<VertexId>): Cost {
  const size = vertices.filter(({ id }) => id === output).reduce((sum, { shape }) => sum + volume(shape), 0);
  return { forward: size, backward: learning.has(output) ? size : 0, inference: size, activations: 0 };
}

function classifierCost({ features, classes }: Plan): Cost {
  const product = 2 * features * classes;
  return {
    forward: product + classes + SOFTMAX.forward * classes,
    backward: 2 * product + classes + SOFTMAX.backward * classes,
    inference: product + classes + SOFTMAX.inference * classes,
    activations: features + 2 * classes,
  };
}

function volume({ height, width, channels }: Shape): number {
  return height * width * channels;
}
