import {
  backbone,
  connect,
  edgeBetween,
  edgeOf,
  freshId,
  inputVertex,
  lastPrecedence,
  vertexOf,
} from '../graph.js';
import { pick } from '../random.js';
import type { Mutation } from './mutation.js';

/** Adds an identity between two random vertices of the backbone that no edge joins yet, from front to back. */
export const addSkip: Mutation = (dna, random) => {
  const vertices = [inputVertex(dna), ...backbone(dna).map((id) => edgeOf(dna, id).to)];
  const sites = vertices.flatMap((from, index) =>
    vertices
      .slice(index + 1)
      .filter((to) => vertexOf(dna, from).outputsMutable && vertexOf(dna, to).inputsMutable)
      .filter((to) => edgeBetween(dna, from, to) === undefined)
      .map((to) => ({ from, to })),
  );
  const site = pick(random, sites);
  if (site === undefined) return undefined;
  const id = freshId(dna, 'e', random);
  connect(dna, id, { type: 'IDENTITY', ...site, ...lastPrecedence(dna, site.to) });
  return `${id}, ${site.from} to ${site.to}`;
};
