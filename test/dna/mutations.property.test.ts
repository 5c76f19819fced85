import {
  type Dna,
  MUTATION_NAMES,
  SeededRandom,
  type Shape,
  backbone,
  copyDna,
  edgeOf,
  firstDna,
  formatDna,
  graphProblems,
  inferShapes,
  mutate,
  parseDna,
  parseDnaText,
  pick,
  topologicalOrder,
  tryMutation,
} from '@galapagos/dna';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectExactly } from './expectations.js';
import { expectSame } from './expect-same.js';
import { expectOnlySkipsDropped } from './expect-removal.js';
import { anyImage, anyRandomDna, anySeed, deepFreeze } from './samples.js';

const anyNames = fc.array(fc.constantFrom(...MUTATION_NAMES), { maxLength: 60, size: 'max' });

function expectSound(dna: Dna, image: Shape): void {
  expectSame(graphProblems(dna), []);
  expectSame(parseDna(dna), dna);
  expectSame(topologicalOrder(dna)?.length, Object.keys(dna.vertices).length);
  expectSame(parseDnaText(formatDna(dna), 'round trip'), dna);
  const { vertices, edges } = inferShapes(dna, image);
  expectSame(Object.keys(vertices).sort(), Object.keys(dna.vertices).sort());
  expectSame(Object.keys(edges).sort(), Object.keys(dna.edges).sort());
  const shapes = [...Object.values(vertices), ...Object.values(edges)];
  const sides = shapes.flatMap(({ height, width, channels }) => [height, width, channels]);
  expect(sides.filter((n) => !Number.isSafeInteger(n) || n < 1)).toEqual([]);
}

describe('any sequence of mutations from the first individual', () => {
  it('keeps the DNA sound, and each changes exactly what its name says', () => {
    fc.assert(
      fc.property(anyNames, anySeed, anyImage, (names, seed, image) => {
        const random = new SeededRandom(seed);
        let parent = deepFreeze(firstDna());
        for (const name of names) {
          const { child, draw } = tryMutation(name, parent, random, image);
          expectSame(draw.mutation, name);
          if (draw.outcome === 'no-site') expectSame(child, parent);
          if (draw.outcome !== 'applied') continue;
          expectExactly(name, parent, child);
          if (name === 'REMOVE-CONVOLUTION') expectOnlySkipsDropped(parent, child);
          parent = deepFreeze(child);
          expectSame(graphProblems(parent), []);
          inferShapes(parent, image);
          // So that skips are all that a removal drops: no vertex ever lies beside the backbone.
          const onBackbone = ['input', ...backbone(parent).map((id) => edgeOf(parent, id).to)];
          expectSame(onBackbone.sort(), Object.keys(parent.vertices).sort());
        }
        expectSound(parent, image);
      }),
      { seed: 1703, numRuns: 200 },
    );
  });

  it('keeps it sound over lineages of one to five mutations per reproduction', () => {
    fc.assert(
      fc.property(anySeed, anyImage, fc.integer({ min: 1, max: 5 }), (seed, image, count) => {
        const random = new SeededRandom(seed);
        let parent = deepFreeze(firstDna());
        for (let generation = 0; generation < 15; generation++) {
          const { dna, drawn } = mutate(parent, random, { count, image });
          expect(drawn.filter(({ outcome }) => outcome === 'applied')).toHaveLength(count);
          expect(drawn.at(-1)?.outcome).toBe('applied');
          parent = deepFreeze(dna);
          expectSound(parent, image);
        }
      }),
      { seed: 1041, numRuns: 100 },
    );
  });
});

describe('any graph with parallel branches, random precedences and random flags', () => {
  it('stays sound under every mutation, which changes exactly what its name says', () => {
    const applied = new Map<string, number>();
    fc.assert(
      fc.property(anyRandomDna, anySeed, anyImage, (dna, seed, image) => {
        expectSound(dna, image);
        const parent = deepFreeze(dna);
        for (const name of MUTATION_NAMES) {
          const { child, draw } = tryMutation(name, parent, new SeededRandom(seed), image);
          if (draw.outcome === 'no-site') expectSame(child, parent);
          if (draw.outcome !== 'applied') continue;
          expectExactly(name, parent, child);
          expectSound(child, image);
          expectFlagsHeeded(parent, child);
          applied.set(name, (applied.get(name) ?? 0) + 1);
        }
      }),
      { seed: 2017, numRuns: 400 },
    );
    // None of the eleven was left out by the luck of the samples.
    for (const name of MUTATION_NAMES) expect(applied.get(name), name).toBeGreaterThan(50);
  });
});

describe('mutate', () => {
  it('draws as it says: the same draws, one by one, give the same child', () => {
    fc.assert(
      fc.property(anyRandomDna, anySeed, (parent, seed) => {
        const image = { height: 8, width: 8, channels: 3 };
        const { dna, drawn } = mutate(parent, new SeededRandom(seed), { count: 3, image });
        const random = new SeededRandom(seed);
        let child = copyDna(parent);
        for (const entry of drawn) {
          expect(pick(random, MUTATION_NAMES)).toBe(entry.mutation);
          const attempt = tryMutation(entry.mutation, child, random, image);
          expectSame(attempt.draw, entry);
          if (attempt.draw.outcome === 'applied') child = attempt.child;
        }
        expectSame(child, dna);
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

/** A flag keeps: the in-edges as they are, the out-edges as they are, the vertex and the convolutions into it. */
function expectFlagsHeeded(parent: Dna, child: Dna): void {
  const edges = (dna: Dna, end: 'from' | 'to', id: string) =>
    Object.entries(dna.edges).filter(([, edge]) => edge[end] === id);
  const ends = (dna: Dna, end: 'from' | 'to', id: string) =>
    edges(dna, end, id).map(([edge, { type, from, to }]) => ({ edge, type, from, to }));
  for (const [id, vertex] of Object.entries(parent.vertices)) {
    const { inputsMutable, outputsMutable, propertiesMutable } = vertex;
    if (!inputsMutable) expectSame(ends(child, 'to', id), ends(parent, 'to', id));
    if (!outputsMutable) expectSame(ends(child, 'from', id), ends(parent, 'from', id));
    if (propertiesMutable) continue;
    expectSame(
      { ...child.vertices[id], edgesIn: [], edgesOut: [] },
      { ...vertex, edgesIn: [], edgesOut: [] },
    );
    for (const [edge, before] of edges(parent, 'to', id)) {
      const after = child.edges[edge];
      if (after?.to === id) expectSame({ ...after, from: '' }, { ...before, from: '' });
    }
  }
}
