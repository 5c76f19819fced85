import { SeededRandom, copyDna, firstDna, mutate } from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import { diffDna } from '../../packages/cli/src/dna-diff.js';
import { galapagos } from './harness.js';
import { chain, dnaOf } from './networks.js';
import { populate } from './population.js';

const image = { height: 32, width: 32, channels: 3 };

describe('two DNAs', () => {
  const before = dnaOf(chain('in rone two out', { depth: 2, stride: 2 }));

  it('that are alike have no difference', () => {
    const none = { added: [], removed: [], changed: [] };
    expect(diffDna(before, copyDna(before), image)).toEqual({
      rates: [],
      vertices: none,
      edges: none,
      sizes: [],
    });
  });

  it('differ in rates, numbers, and the sizes that follow', () => {
    const after = copyDna(before);
    after.learningRate = 0.05;
    Object.assign(after.edges['e1'] ?? {}, { depthFactor: 3, strideScale: 0 });
    Object.assign(after.vertices['two'] ?? {}, { type: 'BN_RELU', leakiness: 0 });
    expect(diffDna(before, after, image)).toEqual({
      rates: [{ field: 'learningRate', before: 0.1, after: 0.05 }],
      vertices: {
        added: [],
        removed: [],
        changed: [
          { id: 'two', field: 'type', before: 'LINEAR', after: 'BN_RELU' },
          { id: 'two', field: 'leakiness', before: null, after: 0 },
        ],
      },
      edges: {
        added: [],
        removed: [],
        changed: [
          { id: 'e1', field: 'depthFactor', before: 2, after: 3 },
          { id: 'e1', field: 'strideScale', before: 1, after: 0 },
        ],
      },
      sizes: [
        { vertex: 'two', before: '8×8×12', after: '16×16×18' },
        { vertex: 'out', before: '4×4×24', after: '8×8×36' },
      ],
    });
  });

  it('say by their difference how the one becomes the other, and backwards the opposite', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = new SeededRandom(`diff ${seed}`);
      const one = mutate(firstDna(), random, { count: 10, image }).dna;
      const two = mutate(one, random, { count: 10, image }).dna;
      const there = diffDna(one, two, image);
      const back = diffDna(two, one, image);
      for (const part of ['vertices', 'edges'] as const) {
        expect(back[part].added).toEqual(there[part].removed);
        expect(back[part].removed).toEqual(there[part].added);
        const left = Object.keys(one[part]).filter((id) => !there[part].removed.includes(id));
        expect([...left, ...there[part].added].sort()).toEqual(Object.keys(two[part]).sort());
        for (const { id, field, after } of there[part].changed) {
          const now: Readonly<Record<string, unknown>> = two[part][id] ?? {};
          expect(now[field] ?? null).toBe(after);
        }
      }
    }
  });
});

describe('diff', () => {
  it('shows both side by side, and the births that lead from one to the other, of the collected too', async () => {
    const { root, first, best, collected } = await populate();
    const { code, out } = await galapagos(['diff', root, first.id, 'best']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^ +${first.id} +${best.id}\n`));
    expect(out).toMatch(/\nfitness +20\.0 % +75\.0 % +\+55\.0\n/);
    expect(out).toContain(`\n${best.id} comes from ${first.id} in 2 generations:\n`);
    expect(out).toMatch(new RegExp(`\n  ${first.id} +20\\.0 %\n  ${collected} +50\\.0 % +\\+30\\.0 +[A-Z]`));
    const back = await galapagos(['diff', root, best.id, collected]);
    expect(back.out).toContain(`\n${best.id} comes from ${collected} in 1 generation:\n`);
    expect(back.out).toMatch(new RegExp(`\n  ${collected} +50\\.0 %\n`));
  });

  it('names what is added and removed, and what numbers are built as', async () => {
    const { root, first, inTraining } = await populate();
    const { out } = await galapagos(['diff', root, first.id, inTraining.id]);
    expect(out).toMatch(/\nvertices\n {2}\+ \w+ {2}8×8×1 BN\+ReLU\n/);
    expect(out).toMatch(/\nedges\n {2}\+ \w+ +conv 3×3, 1 → 1, input to \w+\n {2}~ e0 +from input → \w+/);
  });

  it('knows relatives, and one and the same', async () => {
    const { root, first, dead, inTraining, best, buried } = await populate();
    expect((await galapagos(['diff', root, dead, inTraining.id])).out).toContain(
      `Neither comes from the other; both come from ${best.id}.`,
    );
    const same = (await galapagos(['diff', root, dead, dead])).out;
    expect(same).toMatch(/It is one and the same\.\n\nThe DNA is the same\.$/);
    const kinship = async (a: string, b: string) => {
      const { out } = await galapagos(['diff', root, a, b, '--json']);
      return (JSON.parse(out) as { kinship: { kind: string; commonAncestor: string; line: unknown[] } })
        .kinship;
    };
    expect(await kinship(dead, buried)).toEqual({ kind: 'relatives', commonAncestor: first.id, line: [] });
    expect(await kinship(dead, first.id)).toMatchObject({ kind: 'ancestor', commonAncestor: first.id });
    expect((await kinship(first.id, dead)).line).toHaveLength(4);
  });

  it('does not know others', async () => {
    const { root, best } = await populate();
    expect(await galapagos(['diff', root, best.id, 'w9-9'])).toMatchObject({
      code: 1,
      err: `galapagos: ${root}: there is no individual w9-9`,
    });
    expect((await galapagos(['diff', root, best.id])).code).toBe(2);
  });
});
