import {
  type Dna,
  type EdgeId,
  type Shape,
  type VertexId,
  convolutionOf,
  edgeOf,
  inferShapes,
  inputVertex,
  outputVertex,
  topologicalOrder,
  vertexOf,
} from '@galapagos/dna';

/** One in-edge of a vertex, with whole numbers. */
export interface PlannedEdge {
  readonly id: EdgeId;
  readonly from: VertexId;
  /** What it yields, before it is brought to the shape of its vertex. */
  readonly yields: Shape;
  readonly convolution:
    | {
        /** [height, width, channels in, channels out] */
        readonly filter: readonly [number, number, number, number];
        /** No longer than the image is, which makes no difference. */
        readonly stride: number;
      }
    | undefined;
}

export interface PlannedVertex {
  readonly id: VertexId;
  readonly shape: Shape;
  readonly edges: readonly PlannedEdge[];
  /** Undefined for LINEAR. */
  readonly batchNormalization: { readonly leakiness: number } | undefined;
}

/** A network as it is built: the phenotype of a DNA for images of one shape. */
export interface Plan {
  readonly image: Shape;
  readonly input: VertexId;
  readonly output: VertexId;
  /** In the order of computation, the image left out. */
  readonly vertices: readonly PlannedVertex[];
  /** Channels that the classifier sees. */
  readonly features: number;
  readonly classes: number;
}

/** Genotype to phenotype. @throws ShapeError when a number of channels falls below 1. */
export function planNetwork(dna: Dna, image: Shape, classes: number): Plan {
  const shapes = inferShapes(dna, image);
  const input = inputVertex(dna);
  const output = outputVertex(dna);
  const shapeOf = (id: VertexId): Shape => shapes.vertices[id] ?? image;
  const plannedEdge = (id: EdgeId): PlannedEdge => {
    const edge = edgeOf(dna, id);
    const from = shapeOf(edge.from);
    const yields = shapes.edges[id] ?? from;
    if (edge.type === 'IDENTITY') return { id, from: edge.from, yields, convolution: undefined };
    const { filterHeight, filterWidth, stride } = convolutionOf(edge);
    const filter = [filterHeight, filterWidth, from.channels, yields.channels] as const;
    const longest = Math.max(from.height, from.width);
    return { id, from: edge.from, yields, convolution: { filter, stride: Math.min(stride, longest) } };
  };
  const vertices = (topologicalOrder(dna) ?? [])
    .filter((id) => id !== input)
    .map((id): PlannedVertex => {
      const vertex = vertexOf(dna, id);
      return {
        id,
        shape: shapeOf(id),
        edges: vertex.edgesIn.map(plannedEdge),
        batchNormalization: vertex.type === 'BN_RELU' ? { leakiness: vertex.leakiness } : undefined,
      };
    });
  return { image, input, output, vertices, features: shapeOf(output).channels, classes };
}
