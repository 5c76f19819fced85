import type { Dna, Edge, EdgeId, Vertex, VertexId } from './dna.js';
import { type Random, integer } from './random.js';

/** The vertex of that id. Thrown when there is none: a programming error, since a valid DNA has it. */
export function vertexOf(dna: Dna, id: VertexId): Vertex {
  return present(own(dna.vertices, id), `vertex ${id}`);
}

/** The edge of that id. Thrown when there is none: a programming error, since a valid DNA has it. */
export function edgeOf(dna: Dna, id: EdgeId): Edge {
  return present(own(dna.edges, id), `edge ${id}`);
}

/** What a record itself holds under an id: `constructor` is one too, and every object inherits that name. */
export function own<T>(record: Readonly<Record<string, T>>, id: string): T | undefined {
  return Object.hasOwn(record, id) ? record[id] : undefined;
}

/** The image: the only vertex without in-edges. */
export function inputVertex(dna: Dna): VertexId {
  return present(
    Object.keys(dna.vertices).find((id) => vertexOf(dna, id).edgesIn.length === 0),
    'input vertex',
  );
}

/** What the classifier sees: the only vertex without out-edges. */
export function outputVertex(dna: Dna): VertexId {
  return present(
    Object.keys(dna.vertices).find((id) => vertexOf(dna, id).edgesOut.length === 0),
    'output vertex',
  );
}

/** The in-edge that decides the height and width (`scale`) or the channels (`depth`) of a vertex. */
export function primaryInEdge(dna: Dna, id: VertexId, of: 'scale' | 'depth'): EdgeId | undefined {
  const key = of === 'scale' ? 'scalePrecedence' : 'depthPrecedence';
  return vertexOf(dna, id).edgesIn.reduce<EdgeId | undefined>(
    (best, edge) => (best === undefined || edgeOf(dna, edge)[key] < edgeOf(dna, best)[key] ? edge : best),
    undefined,
  );
}

/** The edges from the image to the classifier along the primary in-edges, in that order. */
export function backbone(dna: Dna): EdgeId[] {
  const edges: EdgeId[] = [];
  let vertex = outputVertex(dna);
  for (;;) {
    const edge = primaryInEdge(dna, vertex, 'scale');
    if (edge === undefined) return edges.reverse();
    edges.push(edge);
    vertex = edgeOf(dna, edge).from;
  }
}

/** Whether an edge is a skip: an identity that decides neither the size nor the channels where it ends. */
export function isSkip(dna: Dna, id: EdgeId): boolean {
  const edge = edgeOf(dna, id);
  return (
    edge.type === 'IDENTITY' &&
    primaryInEdge(dna, edge.to, 'scale') !== id &&
    primaryInEdge(dna, edge.to, 'depth') !== id
  );
}

/** Vertices so that each comes after all that it depends on; undefined where there is a cycle. */
export function topologicalOrder(dna: Dna): VertexId[] | undefined {
  const waiting = new Map(Object.entries(dna.vertices).map(([id, vertex]) => [id, vertex.edgesIn.length]));
  const order = [...waiting].filter(([, count]) => count === 0).map(([id]) => id);
  // Grows while it is gone through: first those that wait for nothing, then those that wait for them no more.
  for (const id of order) {
    for (const edge of vertexOf(dna, id).edgesOut) {
      const to = edgeOf(dna, edge).to;
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) order.push(to);
    }
  }
  return order.length === waiting.size ? order : undefined;
}

/** The edge from one vertex to another, if there is one. */
export function edgeBetween(dna: Dna, from: VertexId, to: VertexId): EdgeId | undefined {
  return vertexOf(dna, from).edgesOut.find((edge) => edgeOf(dna, edge).to === to);
}

/** Whether a path leads from one vertex to another. */
export function reaches(dna: Dna, from: VertexId, to: VertexId): boolean {
  const seen = new Set([from]);
  for (const vertex of seen) {
    if (vertex === to) return true;
    for (const edge of vertexOf(dna, vertex).edgesOut) seen.add(edgeOf(dna, edge).to);
  }
  return false;
}

/** Adds an edge to a DNA that the caller owns. */
export function connect(dna: Dna, id: EdgeId, edge: Edge): void {
  dna.edges[id] = edge;
  vertexOf(dna, edge.from).edgesOut.push(id);
  vertexOf(dna, edge.to).edgesIn.push(id);
}

/** Removes an edge from a DNA that the caller owns. */
export function disconnect(dna: Dna, id: EdgeId): void {
  const { from, to } = edgeOf(dna, id);
  remove(vertexOf(dna, from).edgesOut, id);
  remove(vertexOf(dna, to).edgesIn, id);
  delete dna.edges[id];
}

/** Precedences that rank an edge last among the in-edges of a vertex. */
export function lastPrecedence(dna: Dna, to: VertexId): Pick<Edge, 'depthPrecedence' | 'scalePrecedence'> {
  const edges = vertexOf(dna, to).edgesIn.map((edge) => edgeOf(dna, edge));
  return {
    depthPrecedence: Math.max(-1, ...edges.map((edge) => edge.depthPrecedence)) + 1,
    scalePrecedence: Math.max(-1, ...edges.map((edge) => edge.scalePrecedence)) + 1,
  };
}

/**
 * An id that no vertex or edge of this DNA bears. Drawn, not counted: an id that a removed edge bore must not
 * come back, or its weights would be inherited by a stranger.
 */
export function freshId(dna: Dna, prefix: 'v' | 'e', random: Random): string {
  for (;;) {
    const id =
      prefix +
      integer(random, 36 ** 8)
        .toString(36)
        .padStart(8, '0');
    if (!(id in dna.vertices) && !(id in dna.edges)) return id;
  }
}

function remove<T>(items: T[], item: T): void {
  items.splice(items.indexOf(item), 1);
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what} in this DNA`);
  return value;
}
