import { existsSync, readFileSync } from 'node:fs';
import { SeededRandom, firstDna, mutate } from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import { layOut } from '../../packages/cli/src/network-layout.js';
import { drawNetworkSvg } from '../../packages/cli/src/draw-network-svg.js';
import { networkRows } from '../../packages/cli/src/network-rows.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { galapagos } from './harness.js';
import { chain, dnaOf } from './networks.js';
import { populate } from './population.js';

const image = { height: 32, width: 32, channels: 3 };
const caption = { title: 'w1-1 & <others>', text: 'a "caption"' };

/** Elements are closed in the order in which they were opened: the picture is one that an XML parser takes. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, closing, name = '', selfClosing] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (closing === '/' && open.pop() !== name) return false;
    if (closing === '' && selfClosing === '') open.push(name);
  }
  return open.length === 0 && !/&(?!(amp|lt|gt|quot);)/.test(svg);
}

describe('a network as a picture', () => {
  it('has a box for every vertex and convolution, and an arc for every other edge, after any mutations', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { dna } = mutate(firstDna(), new SeededRandom(`svg ${seed}`), { count: 60, image });
      const svg = drawNetworkSvg(dna, image, 10, caption);
      const vertices = Object.keys(dna.vertices).length;
      const edges = Object.values(dna.edges);
      const count = (what: RegExp) => [...svg.matchAll(what)].length;
      expect(isWellFormed(svg)).toBe(true);
      expect(count(/<rect class="(box|active)"/g)).toBe(vertices + 1);
      expect(count(/<rect class="conv"/g)).toBe(edges.filter(({ type }) => type === 'CONV').length);
      expect(count(/<path class="line"/g) + count(/<path class="arc"/g)).toBe(edges.length + 1);
    }
  });

  it('can be read out, and says what it was told to whatever marks are in it', () => {
    const svg = drawNetworkSvg(dnaOf(chain('in rone out', { depth: 2 })), image, 10, caption);
    expect(svg).toContain('<title id="title">w1-1 &amp; &lt;others&gt;</title>');
    expect(svg).toMatch(
      /<desc id="desc">32×32×3 image; conv 3×3, 3 → 6; 32×32×6 BN\+ReLU; .*softmax\.<\/desc>/,
    );
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 \d+ \d+" role="img" aria-labelledby="title desc">/);
    expect(isWellFormed(svg)).toBe(true);
  });

  it('has every arc in a lane of its own, and no two at one place of a vertex', () => {
    const names = Array.from({ length: 40 }, (_, index) => `v${index}`);
    const skips = names
      .slice(0, 38)
      .flatMap((name, index) => chain(`${name} ${names[Math.min(39, index + 2 + (index % 5) * 4)]}`));
    const dna = dnaOf([...chain(names.join(' '), { depth: 1 }), ...skips]);
    const { arcs, rows } = layOut(networkRows(dna, image), 0);
    expect(arcs).toHaveLength(38);
    for (const [index, one] of arcs.entries()) {
      expect(one.end).toBeGreaterThan(one.start);
      for (const [row, height] of [
        [one.arc.from, one.start],
        [one.arc.to, one.end],
      ] as const) {
        expect(height).toBeGreaterThan(rows[row]?.top ?? NaN);
        expect(height).toBeLessThan(rows[row]?.bottom ?? NaN);
      }
      for (const other of arcs.slice(index + 1)) {
        const overlaps = one.start < other.end && other.start < one.end;
        if (overlaps) expect(one.lane).not.toBe(other.lane);
        for (const [a, b] of [
          [one.start, other.start],
          [one.end, other.end],
          [one.start, other.end],
          [one.end, other.start],
        ] as const)
          expect(Math.abs(a - b)).toBeGreaterThan(3);
      }
    }
  });
});

it('names of convolutions on arcs into one vertex do not cover each other', () => {
  const branches = [1, 2, 3].flatMap((depth) => chain(`in r${depth} v${depth} out`, { depth }));
  const svg = drawNetworkSvg(dnaOf(branches), image, 10, caption);
  // Those of arcs: two that begin a branch, two that end one.
  const boxes = [...svg.matchAll(/<rect class="conv" x="([^"]+)" y="([^"]+)" width="[^"]+" height="20"/g)];
  expect(boxes).toHaveLength(4);
  const heights = boxes.map(([, , y]) => Number(y)).sort((a, b) => a - b);
  for (const [index, y] of heights.slice(1).entries())
    expect(y - (heights[index] ?? NaN)).toBeGreaterThanOrEqual(20);
});

describe('draw', () => {
  it('draws on the terminal what best draws, of the living and the collected', async () => {
    const { root, best, collected } = await populate();
    const { out } = await galapagos(['draw', root, 'best']);
    expect(out).toMatch(/^ {2}● 8×8×1 image/);
    expect((await galapagos(['draw', root, best.id])).out).toBe(out);
    expect((await galapagos(['best', root])).out).toContain(out);
    expect((await galapagos(['draw', root, collected])).out).toMatch(/◆ dense \d+ → 2, softmax$/);
    expect(await galapagos(['draw', root, 'w9-9'])).toMatchObject({
      code: 1,
      err: `galapagos: ${root}: there is no individual w9-9`,
    });
  });

  it('writes a picture into a file, or to stdout', async () => {
    const { root, best, inTraining } = await populate();
    const file = `${temporaryDirectory()}/best.svg`;
    const { code, out, err } = await galapagos(['draw', root, 'best', '--svg', file]);
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: `${file}: written` });
    const svg = readFileSync(file, 'utf8');
    expect(svg).toContain(`<title id="title">${best.id}: validation accuracy 75.0 %</title>`);
    expect(svg).toBe(`${(await galapagos(['draw', root, 'best', '--svg', '-'])).out}\n`);
    expect((await galapagos(['draw', root, inTraining.id, '--svg', '-'])).out).toContain(
      `>${inTraining.id}</title>`,
    );
  });

  it('says where it cannot write', async () => {
    const { root } = await populate();
    const file = `${temporaryDirectory()}/none/best.svg`;
    const { code, err } = await galapagos(['draw', root, 'best', '--svg', file]);
    expect(code).toBe(2);
    expect(err).toContain(`galapagos: --svg ${file}: cannot be written: ENOENT`);
    expect(existsSync(file)).toBe(false);
  });
});
