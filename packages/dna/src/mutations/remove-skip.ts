import { disconnect, edgeOf, isSkip, vertexOf } from '../graph.js';
import { pick } from '../random.js';
import { type Mutation, endsAreMutable } from './mutation.js';

/** Removes a random skip, unless it is all that leaves its vertex. */
export const removeSkip: Mutation = (dna, random) => {
  const sites = Object.keys(dna.edges).filter(
    (id) =>
      isSkip(dna, id) && endsAreMutable(dna, id) && vertexOf(dna, edgeOf(dna, id).from).edgesOut.length > 1,
  );
  const id = pick(random, sites);
  if (id === undefined) return undefined;
  const { from, to } = edgeOf(dna, id);
  disconnect(dna, id);
  return `${id}, ${from} to ${to}`;
};
