import { existsSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { galapagos } from './harness.js';
import { type Cast, populate } from './population.js';

let cast: Cast;

beforeEach(async () => {
  cast = await populate();
});

describe('fsck --repair', () => {
  const path = () => `alive/0.750000~${cast.best.id}~1`;

  it('says what it would do, does it, and says what it did', async () => {
    const { root } = cast;
    rmSync(`${root}/${path()}/dna.json`);
    writeFileSync(`${root}/alive/0.990000~w9-1~1`, 'a file of such a name');
    const plain = await galapagos(['fsck', root]);
    expect(plain.code).toBe(1);
    expect(plain.out).toContain(`repair moves ${path()} into lost+found/`);
    expect(plain.err).toContain('galapagos fsck --repair mends what says "repair"');
    const dry = await galapagos(['fsck', root, '--repair', '--dry-run']);
    expect({ ...dry, err: '' }).toEqual({ ...plain, err: '' });
    expect(existsSync(`${root}/lost+found`)).toBe(false);
    const { code, out, err } = await galapagos(['fsck', root, '--repair']);
    expect(code).toBe(0);
    expect(out).toContain(
      `mended   ${path()}: dna.json is missing\n         moves ${path()} into lost+found/`,
    );
    expect(err).toBe(`${root}: 2 mended; clean`);
    expect(readdirSync(`${root}/lost+found`)).toEqual(['000001', '000002']);
    expect(await galapagos(['fsck', root, '--repair'])).toEqual({ code: 0, out: '', err: `${root}: clean` });
  });

  it('makes missing directories again', async () => {
    const { root } = cast;
    rmdirSync(`${root}/tests`);
    const plain = await galapagos(['fsck', root]);
    expect(plain).toMatchObject({ code: 3 });
    expect(plain.err).toContain('the directory tests/ is missing');
    const { code, out } = await galapagos(['fsck', root, '--repair', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({ path: 'tests', repaired: true, repair: 'makes it again, empty' }),
    ]);
    expect(readdirSync(`${root}/tests`)).toEqual([]);
    expect((await galapagos(['fsck', `${root}/tests`, '--repair'])).code).toBe(3);
  });
});
