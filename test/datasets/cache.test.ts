import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheDirectories, readOrBuild, sha256Of } from '../../packages/datasets/src/cache.js';
import { temporaryDirectory } from './support.js';

const CONTENT = Uint8Array.from({ length: 2_000_000 }, (_, at) => at * 7);
const SHA256 = sha256Of(CONTENT);

describe('the cache', () => {
  let temporary: string;
  let builds: number;
  const build = () => {
    builds++;
    return Promise.resolve(CONTENT);
  };
  const read = (...directories: string[]) => readOrBuild('file', SHA256, directories, build);

  beforeEach(() => {
    temporary = temporaryDirectory();
    builds = 0;
  });

  it('builds a file once and then reads it', async () => {
    const directory = join(temporary, 'not', 'yet', 'there');
    for (let time = 0; time < 3; time++) expect(sha256Of(await read(directory))).toBe(SHA256);
    expect(builds).toBe(1);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it.each([
    ['cut short', CONTENT.subarray(0, 1000)],
    ['empty', new Uint8Array(0)],
    ['altered in one byte', CONTENT.with(1_234_567, 0)],
  ])('replaces a file that is %s', async (_, damaged) => {
    writeFileSync(join(temporary, 'file'), damaged);
    expect(sha256Of(await read(temporary))).toBe(SHA256);
    expect(sha256Of(readFileSync(join(temporary, 'file')))).toBe(SHA256);
    expect(readdirSync(temporary)).toEqual(['file']);
  });

  it('uses the next directory where one cannot be written, and none where none can', async () => {
    writeFileSync(join(temporary, 'no-directory'), '');
    const impossible = join(temporary, 'no-directory', 'cache');
    const second = join(temporary, 'second');
    for (let time = 0; time < 2; time++) expect(sha256Of(await read(impossible, second))).toBe(SHA256);
    expect(builds).toBe(1);
    expect(readdirSync(second)).toEqual(['file']);
    for (let time = 0; time < 2; time++) expect(sha256Of(await read(impossible))).toBe(SHA256);
    expect(builds).toBe(3);
  });

  it('puts the file of a later directory into the preferred one too', async () => {
    const [first, second] = [join(temporary, 'first'), join(temporary, 'second')];
    await read(second);
    await read(first, second);
    expect(builds).toBe(1);
    expect(readdirSync(first)).toEqual(['file']);
  });

  it('passes on what the build throws', async () => {
    const failing = () => Promise.reject(new Error('no digits'));
    await expect(readOrBuild('file', SHA256, [temporary], failing)).rejects.toThrow('no digits');
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('never shows half a file, whoever writes', async () => {
    const seen = new Set<string>();
    let writing = true;
    const watch = async () => {
      while (writing) {
        try {
          seen.add(sha256Of(readFileSync(join(temporary, 'file'))));
        } catch (error) {
          expect((error as NodeJS.ErrnoException).code).toBe('ENOENT');
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const watching = watch();
    await Promise.all(Array.from({ length: 30 }, () => read(temporary)));
    writing = false;
    await watching;
    expect([...seen].filter((hash) => hash !== SHA256)).toEqual([]);
    expect(readdirSync(temporary)).toEqual(['file']);
  });
});

describe('the directories of the cache', () => {
  beforeEach(() => {
    vi.stubEnv('TMPDIR', '/temporary');
    return () => vi.unstubAllEnvs();
  });

  it.each<[string, string | undefined, Record<string, string>, string]>([
    ['the given one', '/given', { GALAPAGOS_CACHE: '/own' }, '/given'],
    ['GALAPAGOS_CACHE', undefined, { GALAPAGOS_CACHE: '/own', XDG_CACHE_HOME: '/xdg' }, '/own'],
    [
      'XDG_CACHE_HOME',
      undefined,
      { GALAPAGOS_CACHE: '', XDG_CACHE_HOME: '/xdg', HOME: '/home' },
      '/xdg/galapagos',
    ],
    ['HOME', undefined, { XDG_CACHE_HOME: 'relative', HOME: '/home' }, '/home/.cache/galapagos'],
  ])('are %s and the temporary one', (_, given, environment, expected) => {
    expect(cacheDirectories(given, environment)).toEqual([expected, '/temporary/galapagos']);
  });
});
