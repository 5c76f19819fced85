import { type Dna, type Edge, copyDna, edgeOf, isSkip, primaryInEdge } from '@galapagos/dna';
import { expect } from 'vitest';
import { difference } from './difference.js';
import { expectSame } from './expect-same.js';

/**
 * REMOVE-CONVOLUTION, told a second time and over a plain list of edges: the convolution and its vertex go, every
 * other edge of that vertex is carried over to the vertex before it, or dropped where the rules say so.
 */
export function expectConvolutionRemoved(parent: Dna, child: Dna): void {
  const [removed = '', ...others] = Object.keys(parent.vertices).filter((id) => !(id in child.vertices));
  expect(others).toEqual([]);
  const site = primaryInEdge(parent, removed, 'scale') ?? '';
  const before = edgeOf(parent, site).from;
  expect(edgeOf(parent, site).type).toBe('CONV');
  expect(child.edges[site]).toBeUndefined();
  expectSame(difference(expectedWithout(parent, site, removed, before), child), []);
}

/** In a DNA whose every vertex lies on its backbone, a removal drops skips alone, one convolution aside. */
export function expectOnlySkipsDropped(parent: Dna, child: Dna): void {
  const dropped = Object.keys(parent.edges).filter((id) => !(id in child.edges));
  expect(dropped.filter((id) => edgeOf(parent, id).type === 'CONV')).toHaveLength(1);
  expect(dropped.filter((id) => !isSkip(parent, id))).toHaveLength(1);
}

function expectedWithout(parent: Dna, site: string, removed: string, before: string): Dna {
  const dna = copyDna(parent);
  const all = Object.entries(parent.edges);
  const edges = new Map<string, Edge>(
    all.filter(([id]) => id !== site).map(([id, edge]) => [id, { ...edge }]),
  );
  const joins = (from: string, to: string) =>
    all.find(([, edge]) => edge.from === from && edge.to === to)?.[0];

  for (const [id, { to }] of all.filter(([, edge]) => edge.from === removed)) {
    const rival = joins(before, to);
    const decides = primaryInEdge(parent, to, 'scale') === id;
    if (rival !== undefined) edges.delete(decides ? rival : id);
    Object.assign(edges.get(id) ?? {}, { from: before });
  }
  const isImage = !all.some(([, { to }]) => to === before);
  const kept: string[] = [];
  for (const id of parent.vertices[removed]?.edgesIn.filter((edge) => edge !== site) ?? []) {
    const { from } = edgeOf(parent, id);
    const legal = !isImage && parent.vertices[before]?.inputsMutable && joins(from, before) === undefined;
    if (legal && !follows(parent, from, before)) kept.push(id);
    else edges.delete(id);
  }
  const last = (key: 'depthPrecedence' | 'scalePrecedence') =>
    Math.max(-1, ...all.filter(([, edge]) => edge.to === before).map(([, edge]) => edge[key])) + 1;
  kept.forEach((id, i) => {
    const precedences = {
      depthPrecedence: last('depthPrecedence') + i,
      scalePrecedence: last('scalePrecedence') + i,
    };
    Object.assign(edges.get(id) ?? {}, { to: before, ...precedences });
  });

  delete dna.vertices[removed];
  dna.edges = Object.fromEntries(edges);
  for (const [id, vertex] of Object.entries(dna.vertices)) {
    vertex.edgesIn = [...edges].filter(([, edge]) => edge.to === id).map(([edge]) => edge);
    vertex.edgesOut = [...edges].filter(([, edge]) => edge.from === id).map(([edge]) => edge);
  }
  return dna;
}

/** Whether a vertex lies on a path that starts at another. */
function follows(dna: Dna, id: string, start: string): boolean {
  return (
    id === start || Object.values(dna.edges).some(({ from, to }) => to === id && follows(dna, from, start))
  );
}
