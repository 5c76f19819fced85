import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos } from './harness.js';

let folder: string;
let root: string;
const mounted: string[] = [];

beforeEach(() => {
  folder = temporaryDirectory();
  root = `${folder}/run`;
});

afterEach(() => {
  for (const path of mounted.splice(0)) run('umount', path);
});

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** A small disk of its own. */
function mount(path: string, options: string): boolean {
  mkdirSync(path, { recursive: true });
  const isMounted = run('mount', '-t', 'tmpfs', '-o', options, 'galapagos-test', path);
  if (isMounted) mounted.push(path);
  return isMounted;
}

/** Whether this user may mount. Where not, two tests are skipped. */
function mayMount(): boolean {
  const path = temporaryDirectory();
  return mount(path, 'size=64k') && run('umount', mounted.pop() ?? path);
}

const canMount = mayMount();
const init = () => galapagos(['init', root, ...flagsOf()]);

describe('a directory that is no good', () => {
  it('is not made twice', async () => {
    expect((await init()).code).toBe(0);
    const before = readFileSync(`${root}/experiment.json`, 'utf8');
    const { code, err } = await init();
    expect({ code, err }).toEqual({ code: 2, err: `galapagos: ${root}: there is an experiment already` });
    expect(readFileSync(`${root}/experiment.json`, 'utf8')).toBe(before);
  });

  it('is refused in a newer format', async () => {
    await init();
    const file = `${root}/experiment.json`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('"format": 1', '"format": 2'));
    for (const verb of ['status', 'best', 'launch', 'worker', 'stop', 'fsck', 'quickstart']) {
      const { code, err } = await galapagos([verb, root]);
      expect(code).toBe(3);
      expect(err).toBe(
        `galapagos: ${file}: format 2 is newer than 1, the newest that this version reads: update Galapagos`,
      );
    }
  });

  it('is refused where experiment.json is spoilt, or the layout is not whole', async () => {
    await init();
    const file = `${root}/experiment.json`;
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, 100));
    expect(await galapagos(['status', root])).toMatchObject({
      code: 3,
      err: expect.stringContaining(`${file}: not JSON`) as string,
    });
    writeFileSync(file, text.replace('populationSize', 'populationSizes'));
    expect((await galapagos(['status', root])).err).toContain('search.populationSizes: unknown field');
  });

  it('is refused where a file is in its place', async () => {
    writeFileSync(root, '');
    const { code, err } = await init();
    expect(code).toBe(2);
    expect(err).toContain(`${root}: is no directory`);
    expect((await galapagos(['status', root])).code).toBe(3);
  });

  // Root may write everywhere, whatever the mode says.
  it.skipIf(process.getuid?.() === 0)('is refused where it may not be written', async () => {
    chmodSync(folder, 0o500);
    const { code, err } = await init();
    expect(code).toBe(5);
    expect(err).toContain('permission denied: give this user the right to read and write there');
  });

  it.skipIf(!canMount)('is refused on a read-only mount (needs the right to mount)', async () => {
    expect(mount(root, 'size=4m')).toBe(true);
    const search = `${root}/run`;
    expect((await galapagos(['init', search, ...flagsOf()])).code).toBe(0);
    expect(run('mount', '-o', 'remount,ro', root)).toBe(true);
    const other = await galapagos(['init', `${root}/other`, ...flagsOf()]);
    expect(other.code).toBe(5);
    expect(other.err).toContain('the directory is read-only: mount it writable');
    // One can look, but not work.
    expect((await galapagos(['status', search])).code).toBe(0);
    for (const verb of ['launch', 'stop']) {
      const { code, err } = await galapagos([verb, search]);
      expect(code).toBe(5);
      expect(err).toMatch(/^galapagos: .*read-only/m);
      expect(err).not.toContain('    at ');
    }
  });

  it.skipIf(!canMount)('is refused on a full disk (needs the right to mount)', async () => {
    const disk = `${folder}/disk`;
    expect(mount(disk, 'size=64k')).toBe(true);
    fill(disk);
    root = `${disk}/run`;
    const { code, err } = await init();
    expect(code).toBe(5);
    expect(err).toContain('the disk is full: free some space');
    expect(existsSync(`${root}/experiment.json`)).toBe(false);
  });
});

/** Leaves no block free. */
function fill(disk: string): void {
  try {
    for (let file = 0; ; file++) writeFileSync(`${disk}/filler-${file}`, Buffer.alloc(4096));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
  }
  expect(readdirSync(disk).length).toBeGreaterThan(5);
}
