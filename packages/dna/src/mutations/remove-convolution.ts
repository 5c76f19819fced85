import type { Dna, EdgeId } from '../dna.js';
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
 * the vertex before it: skips that left the removed vertex leave from there, skips that entered it enter there.
 * A skip is dropped where it would be a second edge between the same pair, a cycle, or an edge into the image.
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
  const vertex = vertexOf(dna, edge.to);
  return (
    edge.type === 'CONV' &&
    endsAreMutable(dna, id) &&
    vertex.outputsMutable &&
    vertex.propertiesMutable &&
    vertex.edgesOut.length > 0
  );
}

function moveStart(dna: Dna, id: EdgeId, from: string): void {
  const edge = edgeOf(dna, id);
  const rival = edgeBetween(dna, from, edge.to);
  if (rival !== undefined && primaryInEdge(dna, edge.to, 'scale') !== id) return disconnect(dna, id);
  if (rival !== undefined) disconnect(dna, rival);
  const old = vertexOf(dna, edge.from).edgesOut;
  old.splice(old.indexOf(id), 1);
  edge.from = from;
  vertexOf(dna, from).edgesOut.push(id);
}

function moveEnd(dna: Dna, id: EdgeId, to: string): void {
  const edge = edgeOf(dna, id);
  const legal =
    vertexOf(dna, to).inputsMutable &&
    edgeBetween(dna, edge.from, to) === undefined &&
    !reaches(dna, to, edge.from) &&
    vertexOf(dna, to).edgesIn.length > 0;
  if (!legal) return disconnect(dna, id);
  const old = vertexOf(dna, edge.to).edgesIn;
  old.splice(old.indexOf(id), 1);
  Object.assign(edge, { to, ...lastPrecedence(dna, to) });
  vertexOf(dna, to).edgesIn.push(id);
}
