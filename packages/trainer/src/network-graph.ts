import type { GraphNode, GraphTerm, NetworkGraph } from '@galapagos/backend-simd';
import { parametersOf } from './parameters.js';
import type { Plan, PlannedEdge, PlannedVertex } from './plan.js';

/** Added to the variance in batch normalisation. */
export const EPSILON = 1e-3;
/** Share of the moving statistics that a step keeps (supplement S1). */
export const STATISTICS_DECAY = 0.9;

/** A network as the kernels' compiler takes it. */
export function graphOf(plan: Plan): NetworkGraph {
  const { image, input, output, classes } = plan;
  return {
    image,
    input,
    nodes: plan.vertices.map(nodeOf),
    output,
    classes,
    dense: { kernel: 'dense/kernel', bias: 'dense/bias' },
    parameters: parametersOf(plan),
    epsilon: EPSILON,
    statisticsDecay: STATISTICS_DECAY,
  };
}

function nodeOf({ id, shape, edges, batchNormalization }: PlannedVertex): GraphNode {
  const terms = edges.map(termOf);
  if (batchNormalization === undefined) return { name: id, shape, terms };
  const { leakiness } = batchNormalization;
  const of = (what: string): string => `vertex/${id}/${what}`;
  const names = { gamma: of('gamma'), beta: of('beta'), mean: of('mean'), variance: of('variance') };
  return { name: id, shape, terms, normalization: { ...names, leakiness } };
}

function termOf({ id, from, convolution }: PlannedEdge): GraphTerm {
  if (convolution === undefined) return { from };
  return { from, convolution: { filter: `edge/${id}/filter`, stride: convolution.stride } };
}
