import {
  type Dna,
  type EdgeId,
  type Shape,
  type VertexId,
  convolutionOf,
  edgeOf,
  inferShapes,
  inputVertex,
  primaryInEdge,
  vertexOf,
} from '@galapagos/dna';

/** An edge that does not lead to the very next vertex: it is drawn beside the column of vertices. */
export interface Arc {
  readonly id: EdgeId;
  /** The rows that it leads from and to. */
  readonly from: number;
  readonly to: number;
  /** Its convolution in words; `''` for an identity. */
  readonly text: string;
}

/** A vertex in the column from the image down to the classifier. */
export interface NetworkRow {
  /** Its size and what it does. */
  readonly text: string;
  readonly isActivation: boolean;
  /** The edge from the row above; undefined where none is: a branch begins there. */
  readonly edge: { readonly id: EdgeId; readonly text: string } | undefined;
  /** The other edges that end here. */
  readonly arcs: readonly Arc[];
}

/** A network as a column of vertices, each after all that it depends on. */
export function networkRows(dna: Dna, image: Shape): NetworkRow[] {
  const order = chainOrder(dna);
  const { vertices } = inferShapes(dna, image);
  const shapeOf = (id: VertexId): Shape => vertices[id] ?? image;
  const rowOf = new Map(order.map((id, row) => [id, row]));
  return order.map((id, row) => {
    const inline = row === 0 ? undefined : inlineEdge(dna, id, order[row - 1]);
    const others = vertexOf(dna, id).edgesIn.filter((edge) => edge !== inline);
    return {
      text: describeVertex(dna, id, shapeOf(id)),
      isActivation: vertexOf(dna, id).type === 'BN_RELU',
      edge: inline === undefined ? undefined : { id: inline, text: describeEdge(dna, inline, shapeOf) },
      arcs: others.map((edge) => ({
        id: edge,
        from: rowOf.get(edgeOf(dna, edge).from) ?? 0,
        to: row,
        text: describeEdge(dna, edge, shapeOf),
      })),
    };
  });
}

/** Arcs in lanes beside each other: short ones inside, none over another. */
export function lanesOf<T extends Pick<Arc, 'from' | 'to'>>(arcs: readonly T[]): T[][] {
  const lanes: T[][] = [];
  for (const arc of arcs.toSorted((a, b) => a.to - a.from - (b.to - b.from))) {
    const free = lanes.find((lane) => lane.every((other) => other.to < arc.from || other.from > arc.to));
    if (free === undefined) lanes.push([arc]);
    else free.push(arc);
  }
  return lanes;
}

/** The classifier in words. */
export function describeClassifier(dna: Dna, image: Shape, classes: number): string {
  const last = Object.keys(dna.vertices).find((id) => vertexOf(dna, id).edgesOut.length === 0) ?? '';
  return `dense ${inferShapes(dna, image).vertices[last]?.channels ?? 0} → ${classes}, softmax`;
}

/** Each vertex after all that it depends on, and next to one of those wherever it can be: a branch stays together. */
function chainOrder(dna: Dna): VertexId[] {
  const order: VertexId[] = [inputVertex(dna)];
  const waiting = new Map(Object.entries(dna.vertices).map(([id, { edgesIn }]) => [id, edgesIn.length]));
  const ready: VertexId[] = [];
  for (const id of order) {
    for (const edge of vertexOf(dna, id).edgesOut) {
      const { to } = edgeOf(dna, edge);
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
    // Those that became ready last continue the chain; among them the one whose size the last vertex decides.
    const next = ready.findLast((candidate) => isPrimary(dna, candidate, id)) ?? ready.at(-1);
    if (next === undefined) continue;
    ready.splice(ready.indexOf(next), 1);
    order.push(next);
  }
  return order;
}

function isPrimary(dna: Dna, id: VertexId, from: VertexId): boolean {
  const primary = primaryInEdge(dna, id, 'scale');
  return primary !== undefined && edgeOf(dna, primary).from === from;
}

/** The edge that is drawn straight down: one from the vertex above; of several the primary one. */
function inlineEdge(dna: Dna, id: VertexId, above: VertexId | undefined): EdgeId | undefined {
  const fromAbove = vertexOf(dna, id).edgesIn.filter((edge) => edgeOf(dna, edge).from === above);
  const primary = primaryInEdge(dna, id, 'scale');
  return fromAbove.find((edge) => edge === primary) ?? fromAbove[0];
}

export function describeVertex(dna: Dna, id: VertexId, shape: Shape): string {
  const vertex = vertexOf(dna, id);
  const leaky = vertex.type === 'BN_RELU' && vertex.leakiness > 0 ? ` leaky ${vertex.leakiness}` : '';
  const what = id === inputVertex(dna) ? ' image' : vertex.type === 'BN_RELU' ? ` BN+ReLU${leaky}` : '';
  return `${describeShape(shape)}${what}`;
}

/** `32×32×3` */
export function describeShape({ height, width, channels }: Shape): string {
  return `${height}×${width}×${channels}`;
}

export function describeEdge(dna: Dna, id: EdgeId, shapeOf: (id: VertexId) => Shape): string {
  const edge = edgeOf(dna, id);
  if (edge.type === 'IDENTITY') return '';
  const { filterHeight, filterWidth, stride } = convolutionOf(edge);
  const from = shapeOf(edge.from).channels;
  const channels = Math.round(edge.depthFactor * from);
  return `conv ${filterHeight}×${filterWidth}${stride > 1 ? ` /${stride}` : ''}, ${from} → ${channels}`;
}
