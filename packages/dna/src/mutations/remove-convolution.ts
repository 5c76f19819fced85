import type { Dna, EdgeId, VertexId } from '../dna.js';
import {
  backbone,
  disconnect,
  edgeBetween,
  edgeOf,
  lastPrecedence,
  primaryInEdge,
  reaches,
  vertexOf,
} from '../graph.js';
import { pick } from '../random.js';
import { type Mutation, endsAreMutable } from './mutation.js';

/**
 * Removes a random convolution of the backbone together with the vertex that it leads to, which is merged into
 * the vertex before it: edges that left the removed vertex leave from there, edges that entered it enter there
 * and rank last. Of two edges that would join the same pair, the one that decides height and width stays. An edge
 * that would close a cycle, or enter the image or a vertex whose inputs are not mutable, is dropped. (All of
 * these are skips in a DNA that grew from the first one: its every vertex lies on the backbone.)
 */
export const removeConvolution: Mutation = (dna, random) => {
  const site = pick(
    random,
    backbone(dna).filter((id) => isRemovable(dna, id)),
  );
  if (site === undefined) return undefined;
  const { from, to } = edgeOf(dna, site);
  disconnect(dna, site);
  for (const id of [...vertexOf(dna, to).edgesOut]) moveStart(dna, id, from);
  for (const id of [...vertexOf(dna, to).edgesIn]) moveEnd(dna, id, from);
  delete dna.vertices[to];
  return `${site}, after ${from}`;
};

function isRemovable(dna: Dna, id: EdgeId): boolean {
  const edge = edgeOf(dna, id);
  const { edgesIn, edgesOut, propertiesMutable } = vertexOf(dna, edge.to);
  return (
    edge.type === 'CONV' &&
    propertiesMutable &&
    edgesOut.length > 0 &&
    [...edgesIn, ...edgesOut].every((other) => endsAreMutable(dna, other)) &&
    edgesIn.every((other) => other === id || mayEnd(dna, other, edge.from) || hasAnotherWayOn(dna, other))
  );
}

/** Whether an edge into the removed vertex may end at the vertex before it instead. */
function mayEnd(dna: Dna, id: EdgeId, at: VertexId): boolean {
  const { from } = edgeOf(dna, id);
  const { edgesIn, inputsMutable } = vertexOf(dna, at);
  return (
    inputsMutable && edgesIn.length > 0 && edgeBetween(dna, from, at) === undefined && !reaches(dna, at, from)
  );
}

/** Whether the vertex that an edge starts from keeps an out-edge without it; only the classifier has none. */
function hasAnotherWayOn(dna: Dna, id: EdgeId): boolean {
  return vertexOf(dna, edgeOf(dna, id).from).edgesOut.length > 1;
}

function moveStart(dna: Dna, id: EdgeId, from: VertexId): void {
  const edge = edgeOf(dna, id);
  const rival = edgeBetween(dna, from, edge.to);
  if (rival !== undefined && primaryInEdge(dna, edge.to, 'scale') !== id) return disconnect(dna, id);
  if (rival !== undefined) disconnect(dna, rival);
  const old = vertexOf(dna, edge.from).edgesOut;
  old.splice(old.indexOf(id), 1);
  edge.from = from;
  vertexOf(dna, from).edgesOut.push(id);
}

function moveEnd(dna: Dna, id: EdgeId, to: VertexId): void {
  if (!mayEnd(dna, id, to)) return disconnect(dna, id);
  const edge = edgeOf(dna, id);
  const old = vertexOf(dna, edge.to).edgesIn;
  old.splice(old.indexOf(id), 1);
  Object.assign(edge, { to, ...lastPrecedence(dna, to) });
  vertexOf(dna, to).edgesIn.push(id);
}
