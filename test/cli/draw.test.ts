import { type Dna, SeededRandom, firstDna, mutate } from '@galapagos/dna';
import type { Individual } from '@galapagos/population';
import { describe, expect, it } from 'vitest';
import { drawLineage } from '../../packages/cli/src/draw-lineage.js';
import { drawNetwork } from '../../packages/cli/src/draw-network.js';
import { chain, dnaOf } from './networks.js';

const image = { height: 32, width: 32, channels: 3 };

/** On lines of its own, so that the drawings below stand upright. */
function drawn(dna: Dna, columns?: number): string {
  return `\n${drawNetwork(dna, image, 10, columns).join('\n')}\n`;
}

describe('a network', () => {
  it('of the first kind', () => {
    expect(drawn(firstDna())).toMatchInlineSnapshot(`
      "
        ● 32×32×3 image
        │
        ● 32×32×3
        │ global average pooling
        ◆ dense 3 → 10, softmax
      "
    `);
  });

  it('plain', () => {
    expect(drawn(dnaOf(chain('in rone two out', { depth: 2, stride: 2 })))).toMatchInlineSnapshot(`
      "
        ● 32×32×3 image
        │ conv 3×3 /2, 3 → 6
        ● 16×16×6 BN+ReLU
        │ conv 3×3 /2, 6 → 12
        ● 8×8×12
        │ conv 3×3 /2, 12 → 24
        ● 4×4×24
        │ global average pooling
        ◆ dense 24 → 10, softmax
      "
    `);
  });

  it('with skips that cross', () => {
    const skips = [...chain('in rc'), ...chain('ra d'), ...chain('b out')];
    expect(drawn(dnaOf([...chain('in ra b rc d out'), ...skips]))).toMatchInlineSnapshot(`
      "
        ● 32×32×3 image ───────────╮
        │                          │
        ● 32×32×3 BN+ReLU ─────────┼──╮
        │                          │  │
        ● 32×32×3 ─────────────────┼──┼──╮
        │                          │  │  │
        ● 32×32×3 BN+ReLU ◂────────╯  │  │
        │                             │  │
        ● 32×32×3 ◂───────────────────╯  │
        │                                │
        ● 32×32×3 ◂──────────────────────╯
        │ global average pooling
        ◆ dense 3 → 10, softmax
      "
    `);
  });

  it('with branches side by side: no line leads from the end of one to the next', () => {
    const branches = [
      ...chain('in ra b out', { depth: 2 }),
      ...chain('in rc d out', { depth: 3 }),
      ...chain('in e out'),
    ];
    expect(drawn(dnaOf(branches))).toMatchInlineSnapshot(`
      "
        ● 32×32×3 image ──────────────────────┬──╮
        │                                     │  │
        ● 32×32×3 ────────────────────────────┼──┼──╮
                                              │  │  │
        ● 32×32×9 BN+ReLU ◂ conv 3×3, 3 → 9 ◂─╯  │  │
        │ conv 3×3, 9 → 27                       │  │
        ● 32×32×27 ───────────────────────────╮  │  │
                                              │  │  │
        ● 32×32×6 BN+ReLU ◂ conv 3×3, 3 → 6 ◂─┼──╯  │
        │ conv 3×3, 6 → 12                    │     │
        ● 32×32×12                            │     │
        │ conv 3×3, 12 → 24                   │     │
        ● 32×32×24 + conv 3×3, 27 → 81 ◂──────┴─────╯
        │ global average pooling
        ◆ dense 24 → 10, softmax
      "
    `);
  });

  it('with convolutions on arcs, which are named where they end', () => {
    const edges = [
      ...chain('in ra', { depth: 2 }),
      ...chain('ra x y out'),
      ...chain('in rc d out', { depth: 3, stride: 2 }),
      ...chain('in out', { depth: 1 }),
    ];
    expect(drawn(dnaOf(edges))).toMatchInlineSnapshot(`
      "
        ● 32×32×3 image ─────────────────────────────────────┬─────╮
        │ conv 3×3 /2, 3 → 9                                 │     │
        ● 16×16×9 BN+ReLU                                    │     │
        │ conv 3×3 /2, 9 → 27                                │     │
        ● 8×8×27 ────────────────────────────────────────────┼──╮  │
                                                             │  │  │
        ● 32×32×6 BN+ReLU ◂ conv 3×3, 3 → 6 ◂────────────────╯  │  │
        │                                                       │  │
        ● 32×32×6                                               │  │
        │                                                       │  │
        ● 32×32×6                                               │  │
        │                                                       │  │
        ● 32×32×6 + conv 3×3 /2, 27 → 81 + conv 3×3, 3 → 3 ◂────┴──╯
        │ global average pooling
        ◆ dense 6 → 10, softmax
      "
    `);
  });

  it('of 40 layers and 19 skips within 80 columns', () => {
    const names = Array.from({ length: 40 }, (_, index) => `v${index}`);
    const skips = names.slice(0, 19).flatMap((name, index) => chain(`${name} ${names[39 - index]}`));
    const dna = dnaOf([...chain(names.join(' '), { depth: 1 }), ...skips]);
    const lines = drawNetwork(dna, image, 10, 80);
    expect(lines).toHaveLength(40 + 39 + 2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    // Every skip begins once and ends once, and no two touch.
    expect(lines.filter((line) => line.endsWith('─╮') || /─╮ /.test(line))).toHaveLength(19);
    expect(lines.filter((line) => line.includes('◂─'))).toHaveLength(19);
    expect(lines.join('')).not.toMatch(/[┼┬┴]|││/);
  });

  it('has every vertex, and an end for every edge, after any mutations', () => {
    for (let seed = 0; seed < 40; seed++) {
      const { dna } = mutate(firstDna(), new SeededRandom(`draw ${seed}`), { count: 50, image });
      const lines = drawNetwork(dna, image, 10);
      const vertices = Object.keys(dna.vertices).length;
      expect(lines.filter((line) => line.startsWith('  ● '))).toHaveLength(vertices);
      expect(lines.filter((line) => line.startsWith('  │'))).toHaveLength(vertices);
      const arcs = Object.keys(dna.edges).length - (vertices - 1);
      expect(arcs > 0).toBe(lines.some((line) => line.includes('◂')));
    }
  });
});

describe('a line of ancestors', () => {
  const individual = (
    id: string,
    parent: [string, number] | undefined,
    fitness?: number,
    ...details: string[]
  ) =>
    ({
      id,
      birth: {
        parent: parent === undefined ? null : { id: parent[0], fitness: parent[1] },
        mutations: details.map((detail) => ({
          mutation: 'FILTER-SIZE',
          outcome: detail === 'in vain' ? 'no-site' : 'applied',
          detail,
        })),
      },
      evaluation: fitness === undefined ? undefined : { fitness },
    }) as unknown as Individual;

  it('has a row per mutation, and the gain at each birth', () => {
    const line = [
      individual('w1-1', undefined, 0.211),
      individual('w2-10', ['w1-1', 0.211], 0.9, 'in vain', 'e1 filter 3x3 to 5x3', ''),
      individual('w1-7', ['w2-10', 0.9], 0.87, 'e1 filter 5x3 to 3x3'),
      individual('w1-9', ['w1-7', 0.87], undefined, 'e1 filter 3x3 to 1x1'),
    ];
    expect(`\n${drawLineage(line).join('\n')}\n`).toMatchInlineSnapshot(`
      "
        individual  fitness   gain  mutation
        w1-1         21.1 %         first kind: no convolution
        w2-10        90.0 %  +68.9  FILTER-SIZE  e1 filter 3x3 to 5x3
                                    FILTER-SIZE
        w1-7         87.0 %   -3.0  FILTER-SIZE  e1 filter 5x3 to 3x3
        w1-9              –         FILTER-SIZE  e1 filter 3x3 to 1x1
      "
    `);
  });

  it('says where it begins, if not with the first kind', () => {
    const line = [individual('w1-7', ['w2-10', 0.9], 0.87, 'e1 filter 5x3 to 3x3')];
    expect(`\n${drawLineage(line).join('\n')}\n`).toMatchInlineSnapshot(`
      "
        individual  fitness  gain  mutation
        w1-7         87.0 %  -3.0  child of w2-10, of whom there is no record
                                   FILTER-SIZE  e1 filter 5x3 to 3x3
      "
    `);
  });
});
