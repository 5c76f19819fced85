import type { ConvEdge, Dna, Edge, EdgeId, VertexId } from './dna.js';
import { edgeOf, inputVertex, primaryInEdge, topologicalOrder, vertexOf } from './graph.js';

/** Height, width and channels of an activation, without the batch. Each at least 1. */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A convolution as it is built: whole numbers. */
export interface Convolution {
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly stride: number;
}

export interface Shapes {
  readonly vertices: Readonly<Record<VertexId, Shape>>;
  /** What each edge yields, before it is brought to the shape of the vertex that it ends at. */
  readonly edges: Readonly<Record<EdgeId, Shape>>;
}

/** Thrown when a number of channels falls below 1, or is too large to count. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** No image is so large that a longer stride would differ from this one. */
const LARGEST_STRIDE = 2 ** 30;

/** The whole numbers of a convolution edge. */
export function convolutionOf(edge: ConvEdge): Convolution {
  return {
    filterHeight: 2 * Math.round(edge.filterHalfHeight) + 1,
    filterWidth: 2 * Math.round(edge.filterHalfWidth) + 1,
    stride: Math.min(2 ** Math.round(edge.strideScale), LARGEST_STRIDE),
  };
}

/**
 * The shape of every vertex, and of what every edge yields. Convolutions are SAME, so a stride divides the size,
 * rounded up. Where the in-edges of a vertex disagree, the one with the lowest scale precedence decides height
 * and width, the one with the lowest depth precedence the channels (supplement S1).
 */
export function inferShapes(dna: Dna, image: Shape): Shapes {
  const vertices: Record<VertexId, Shape> = {};
  const edges: Record<EdgeId, Shape> = {};
  const input = inputVertex(dna);
  for (const id of topologicalOrder(dna) ?? []) {
    const shape = id === input ? image : vertexShape(dna, id, edges);
    vertices[id] = shape;
    for (const edge of vertexOf(dna, id).edgesOut) edges[edge] = edgeShape(edge, edgeOf(dna, edge), shape);
  }
  return { vertices, edges };
}

function vertexShape(dna: Dna, id: VertexId, edges: Readonly<Record<EdgeId, Shape>>): Shape {
  const size = edges[primaryInEdge(dna, id, 'scale') ?? ''];
  const depth = edges[primaryInEdge(dna, id, 'depth') ?? ''];
  if (size === undefined || depth === undefined) throw new Error(`vertex ${id} has no in-edge with a shape`);
  return { height: size.height, width: size.width, channels: depth.channels };
}

function edgeShape(id: EdgeId, edge: Edge, from: Shape): Shape {
  if (edge.type === 'IDENTITY') return from;
  const { stride } = convolutionOf(edge);
  const channels = Math.round(edge.depthFactor * from.channels);
  if (channels < 1 || !Number.isSafeInteger(channels)) {
    throw new ShapeError(`edges.${id}.depthFactor: ${from.channels} channels become ${channels}`);
  }
  return { height: Math.ceil(from.height / stride), width: Math.ceil(from.width / stride), channels };
}
