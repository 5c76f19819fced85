import { SeededRandom } from '@galapagos/dna';
import { type Filesystem, errorCode, localFilesystem, nodeFilesystem } from '@galapagos/population';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { Disk, truth } from './disk.js';
import { filesystemOf } from './memory-filesystem.js';

type Act = (filesystem: Filesystem, root: string) => Promise<unknown>;

// Few names, so that they meet: files and directories in each other's way, up to three deep.
const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));
const data = fc.constantFrom('', 'x', 'yy', 'zzz');

const one = (name: string, act: (filesystem: Filesystem, path: string) => Promise<unknown>) =>
  path.map((below) => ({
    say: `${name} ${below}`,
    act: (filesystem: Filesystem, root: string) => act(filesystem, `${root}/${below}`),
  }));
const two = (name: string, act: (filesystem: Filesystem, from: string, to: string) => Promise<unknown>) =>
  fc.tuple(path, path).map(([from, to]) => ({
    say: `${name} ${from} ${to}`,
    act: (filesystem: Filesystem, root: string) => act(filesystem, `${root}/${from}`, `${root}/${to}`),
  }));
const withData = (
  name: string,
  act: (filesystem: Filesystem, path: string, data: string) => Promise<unknown>,
) =>
  fc.tuple(path, data).map(([below, text]) => ({
    say: `${name} ${below} '${text}'`,
    act: (filesystem: Filesystem, root: string) => act(filesystem, `${root}/${below}`, text),
  }));

const anything = fc.oneof(
  { arbitrary: one('mkdir', (fs, path) => fs.makeDirectory(path)), weight: 4 },
  { arbitrary: withData('write', (fs, path, text) => fs.write(path, text)), weight: 3 },
  { arbitrary: two('rename', (fs, from, to) => fs.rename(from, to)), weight: 4 },
  { arbitrary: two('link', (fs, from, to) => fs.link(from, to)), weight: 2 },
  one('list', async (fs, path) => (await fs.list(path)).sort()),
  one('read', async (fs, path) => Buffer.from(await fs.read(path, 2)).toString()),
  one('readPart', async (fs, path) => Buffer.from(await fs.readPart(path, 1, 2)).toString()),
  withData('append', (fs, path, text) => fs.append(path, text)),
  withData('create', (fs, path, text) => fs.create(path, text)),
  one('unlink', (fs, path) => fs.unlink(path)),
  one('rmdir', (fs, path) => fs.removeDirectory(path)),
  one('kind', (fs, path) => fs.kind(path)),
  one('fsync', (fs, path) => fs.sync([path])),
);

/** What it gives, or the code of its error. */
async function outcome(act: Act, filesystem: Filesystem, root: string): Promise<unknown> {
  try {
    return await act(filesystem, root);
  } catch (error) {
    return errorCode(error);
  }
}

test.each([
  ['the real one', nodeFilesystem],
  ['the real one of a local disk', localFilesystem],
])('whatever is done, the simulated filesystem answers as %s', async (_name, filesystem) => {
  const property = fc.asyncProperty(fc.array(anything, { maxLength: 40 }), async (acts) => {
    const disk = new Disk();
    const simulated = filesystemOf(disk);
    const root = temporaryDirectory();
    await simulated.makeDirectory('/root');
    for (const { say, act } of acts) {
      const real = await outcome(act, filesystem, root);
      expect([say, await outcome(act, simulated, '/root')]).toEqual([say, real]);
    }
    expect(await treeOf(simulated, '/root')).toEqual(await treeOf(filesystem, root));
  });
  await fc.assert(property, { numRuns: 150, seed: 1 });
});

async function treeOf(filesystem: Filesystem, path: string): Promise<unknown> {
  if ((await filesystem.kind(path)) === 'file') return Buffer.from(await filesystem.read(path)).toString();
  const names = (await filesystem.list(path)).sort();
  return await Promise.all(names.map(async (name) => [name, await treeOf(filesystem, `${path}/${name}`)]));
}

describe('a power cut', () => {
  /** What is found after each of many cuts. */
  async function afterCuts(
    prepare: (filesystem: Filesystem) => Promise<void>,
    look: (filesystem: Filesystem) => Promise<unknown>,
  ): Promise<Set<string>> {
    const found = new Set<string>();
    for (let n = 0; n < 60; n++) {
      const disk = new Disk();
      const filesystem = filesystemOf(disk);
      await filesystem.makeDirectory('/d');
      await filesystem.makeDirectory('/e');
      await filesystem.sync(['/']);
      await prepare(filesystem);
      disk.cutPower(new SeededRandom(String(n)));
      found.add(JSON.stringify(await look(filesystem)));
    }
    return found;
  }
  const text = (file: string) => (fs: Filesystem) =>
    outcome(async () => Buffer.from(await fs.read(file)).toString(), fs, '');

  test('takes the contents that were not synced, and the name that was not', async () => {
    const found = await afterCuts((fs) => fs.write('/d/f', 'abc'), text('/d/f'));
    expect(found).toContain('"ENOENT"');
    expect(found).toContain('""');
    expect(found).toContain('"abc"');
  });

  test('leaves synced contents, but not their name without the directory', async () => {
    const prepare = async (fs: Filesystem) => {
      await fs.write('/d/f', 'abc');
      await fs.sync(['/d/f']);
    };
    const found = await afterCuts(prepare, text('/d/f'));
    expect(found).toEqual(new Set(['"ENOENT"', '"abc"']));
  });

  test('leaves what was synced with its directory', async () => {
    const prepare = async (fs: Filesystem) => {
      await fs.write('/d/f', 'abc');
      await fs.sync(['/d/f', '/d']);
    };
    expect(await afterCuts(prepare, text('/d/f'))).toEqual(new Set(['"abc"']));
  });

  test('undoes a rename whole or not at all', async () => {
    const prepare = async (fs: Filesystem) => {
      await fs.makeDirectory('/d/x');
      await fs.sync(['/d']);
      await fs.rename('/d/x', '/e/y');
    };
    const look = async (fs: Filesystem) => [await fs.list('/d'), await fs.list('/e')];
    expect(await afterCuts(prepare, look)).toEqual(new Set(['[["x"],[]]', '[[],["y"]]']));
  });
});

test('a full disk holds what fits, refuses the rest, and goes on when it is freed', async () => {
  const disk = new Disk();
  const filesystem = filesystemOf(disk);
  disk.capacity = { bytes: 5, inodes: 2, refusal: 'EDQUOT' };
  await filesystem.write('/f', 'abc');
  await expect(filesystem.append('/f', 'defg')).rejects.toMatchObject({ errno: -122 });
  expect(Buffer.from(await filesystem.read('/f')).toString()).toBe('abcde');
  await expect(filesystem.makeDirectory('/d')).rejects.toMatchObject({ errno: -122 });
  await filesystem.unlink('/f');
  await filesystem.makeDirectory('/d');
  disk.isReadOnly = true;
  await expect(filesystem.rename('/d', '/e')).rejects.toMatchObject({ code: 'EROFS' });
  expect(disk.list('/', truth).entries.has('d')).toBe(true);
});
