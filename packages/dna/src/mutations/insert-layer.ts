import type { Dna, Edge, Vertex } from '../dna.js';
import { backbone, edgeOf, freshId, vertexOf } from '../graph.js';
import { type Random, coin, pick } from '../random.js';
import { endsAreMutable } from './mutation.js';

/** What an inserted edge is, its ends and precedences aside. */
export type Layer =
  | { readonly type: 'IDENTITY' }
  | {
      readonly type: 'CONV';
      readonly depthFactor: number;
      readonly filterHalfHeight: number;
      readonly filterHalfWidth: number;
      readonly strideScale: number;
    };

/**
 * Splits a random edge of the backbone: a new vertex, with batch normalisation and ReLU or with nothing, at
 * random, is put before the edge, and the new layer leads to it. The edge that was split keeps its id and its
 * input's channels, so that it keeps its weights.
 * @returns What was put where, or undefined where no edge of the backbone may be split.
 */
export function insertLayer(dna: Dna, random: Random, layer: Layer): string | undefined {
  const splitId = pick(
    random,
    backbone(dna).filter((id) => endsAreMutable(dna, id)),
  );
  if (splitId === undefined) return undefined;
  const split = edgeOf(dna, splitId);
  const from = vertexOf(dna, split.from);
  const vertexId = freshId(dna, 'v', random);
  const edgeId = freshId(dna, 'e', random);

  from.edgesOut[from.edgesOut.indexOf(splitId)] = edgeId;
  const edge: Edge = { ...layer, from: split.from, to: vertexId, depthPrecedence: 0, scalePrecedence: 0 };
  dna.edges[edgeId] = edge;
  dna.vertices[vertexId] = newVertex(random, [edgeId], [splitId]);
  split.from = vertexId;
  return `${edgeId}, ${dna.vertices[vertexId].type === 'BN_RELU' ? 'BN+ReLU' : 'linear'}, after ${edge.from}`;
}

function newVertex(random: Random, edgesIn: string[], edgesOut: string[]): Vertex {
  const rest = { edgesIn, edgesOut, inputsMutable: true, outputsMutable: true, propertiesMutable: true };
  return coin(random) ? { type: 'BN_RELU', leakiness: 0, ...rest } : { type: 'LINEAR', ...rest };
}
