import type { Descent, Individual } from '@galapagos/population';
import { beforeEach, describe, expect, it } from 'vitest';
import { drawDescent } from '../../packages/cli/src/draw-descent.js';
import { drawLineageSvg } from '../../packages/cli/src/draw-lineage-svg.js';
import { rowsOfTree } from '../../packages/cli/src/lineage-rows.js';
import { galapagos } from './harness.js';
import { type Cast, populate } from './population.js';

let cast: Cast;

beforeEach(async () => {
  cast = await populate();
});

async function json(...argv: string[]): Promise<Record<string, unknown>[]> {
  const { code, out } = await galapagos(['lineage', cast.root, ...argv, '--json']);
  expect(code).toBe(0);
  return JSON.parse(out) as Record<string, unknown>[];
}

describe('lineage', () => {
  it('is the line of ancestors, the collected among them, as in best', async () => {
    const { root, first, collected, best } = cast;
    const { code, out } = await galapagos(['lineage', root, 'best']);
    expect(code).toBe(0);
    expect((await galapagos(['best', root])).out).toContain(out);
    expect(await json('best')).toMatchObject([
      { id: first.id, depth: 0, parent: null, gain: null, state: 'alive' },
      { id: collected, depth: 1, parent: first.id, state: 'collected', fitness: 0.5, gain: 0.3 },
      { id: best.id, depth: 2, gain: 0.25 },
    ]);
  });

  it('is the tree of what came of one', async () => {
    const { root, first, collected, best, dead, buried, inTraining } = cast;
    const { out } = await galapagos(['lineage', root, first.id, '--descendants']);
    expect(out.split('\n').map((line) => line.split(/ {2}(?=\S+%|\S+ %|over|training)/)[0])).toEqual([
      `  ${first.id}`,
      `  ├─ ${collected}`,
      `  │  └ ${best.id}`,
      `  │  ├─ ${dead}`,
      `  │  └─ ${inTraining.id}`,
      `  └─ ${buried}`,
    ]);
    expect(out).toContain(`└─ ${buried}  over-limit`);
    expect(out).toMatch(new RegExp(`${dead} {2}10\\.0 % -65\\.0 {2}[A-Z]`));
    const rows = await json(first.id, '--descendants');
    expect(rows.map(({ id, depth }) => [id, depth])).toEqual([
      [first.id, 0],
      [collected, 1],
      [best.id, 2],
      [dead, 3],
      [inTraining.id, 3],
      [buried, 1],
    ]);
  });

  it('does not know others, and draws one thing at a time', async () => {
    for (const flags of [[], ['--descendants']]) {
      expect(await galapagos(['lineage', cast.root, 'w9-9', ...flags])).toMatchObject({
        code: 1,
        err: `galapagos: ${cast.root}: there is no individual w9-9`,
      });
    }
    expect((await galapagos(['lineage', cast.root, 'best', '--svg', '-', '--json'])).code).toBe(2);
  });

  it('is drawn as a picture too', async () => {
    const { out } = await galapagos(['lineage', cast.root, 'best', '--svg', '-']);
    expect(out).toContain(`<title id="title">Line of ancestors of ${cast.best.id}</title>`);
    expect(out.match(/<circle/g)).toHaveLength(3);
    expect(out).toContain('>20.0 %</text>');
    expect(out).toContain('>80.0 %</text>');
  });
});

describe('a picture of a line', () => {
  const line = (...fitnesses: (number | undefined)[]) =>
    fitnesses.map((fitness, index) => ({
      id: `w1-${index}`,
      birth: { parent: index === 0 ? null : {}, mutations: [] },
      evaluation: fitness === undefined ? undefined : { fitness },
    })) as unknown as Individual[];

  it('holds whatever the fitnesses are within its frame', () => {
    for (const fitnesses of [
      [0.5],
      [0.1, 0.1],
      [0, 1],
      [0.9312, 0.9313],
      [undefined],
      [0.3, undefined, 0.4],
    ]) {
      const svg = drawLineageSvg(line(...fitnesses));
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      const [, height = '0'] = /viewBox="0 0 \d+ (\d+)"/.exec(svg) ?? [];
      for (const [, y = ''] of svg.matchAll(/ cy="([^"]+)"/g)) {
        expect(Number(y)).toBeGreaterThanOrEqual(70);
        expect(Number(y)).toBeLessThanOrEqual(Number(height) - 56);
      }
      expect(svg.match(/<circle/g) ?? []).toHaveLength(fitnesses.filter((one) => one !== undefined).length);
    }
  });
});

it('a line of thousands of generations is drawn as one', () => {
  const details = { parentFitness: null, failure: null, mutations: [] };
  const outline = (id: string) => ({ id, state: 'alive', parent: null, fitness: null, details });
  let tree = { individual: outline('w1-20000'), children: [] } as unknown as Descent;
  for (let n = 19_999; n > 0; n--)
    tree = { individual: outline(`w1-${n}`), children: [tree] } as unknown as Descent;
  const lines = drawDescent(tree);
  expect(lines).toHaveLength(20_000);
  expect(lines.at(-1)).toBe('  └ w1-20000  alive');
  expect(rowsOfTree(tree).at(-1)).toMatchObject({ id: 'w1-20000', depth: 19_999 });
});
