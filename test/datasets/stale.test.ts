import type * as NodeFs from 'node:fs';
import { copyFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, loadDataset } from '@galapagos/datasets';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { imagesInMemory } from '../../packages/datasets/src/image-set.js';
import { writePack } from '../../packages/datasets/src/write-pack.js';
import { expectDatasetError, imagesOf, temporaryDirectory } from './support.js';

// As NFS does where another host has put a file in the place of one that is open; Node has no name for ESTALE.
const mount = vi.hoisted(() => ({ stale: new Set<number>(), isGone: false }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof NodeFs>();
  const refuseStale = (descriptor: number) => {
    if (!mount.isGone && !mount.stale.has(descriptor)) return;
    const code = 'Unknown system error -116';
    throw Object.assign(new Error(code), { code, errno: -116, syscall: 'read' });
  };
  return {
    ...fs,
    readSync: (...all: Parameters<typeof fs.readSync>) => {
      refuseStale(all[0]);
      return fs.readSync(...all);
    },
    openSync: (...all: Parameters<typeof fs.openSync>) => {
      const descriptor = fs.openSync(...all);
      mount.stale.delete(descriptor);
      return descriptor;
    },
  };
});

const SPLIT = { split: { seed: 7, validation: 'drawn', test: 'own' }, origin: 'a test' } as const;

async function write(file: string, shade: number): Promise<void> {
  const set = imagesInMemory(new Uint8Array(4 * 6).fill(shade), [0, 1, 1, 0], 6);
  const shape = { height: 2, width: 1, channels: 3 };
  await writePack(
    file,
    { name: 'shades', ...shape, classes: ['a', 'b'], train: set, validation: set, test: set },
    SPLIT,
  );
}

describe('a packed data set that a network mount has lost while it was open', () => {
  let file: string;
  let open: Dataset;
  const read = () => imagesOf(open.validation, 6);
  const lose = () => {
    for (let descriptor = 3; descriptor < 4096; descriptor++) mount.stale.add(descriptor);
  };

  beforeEach(async () => {
    file = join(temporaryDirectory(), 'shades.gpack');
    await write(file, 3);
    open = await loadDataset({ source: 'packed', file });
    return () => {
      mount.stale.clear();
      mount.isGone = false;
      open.close();
    };
  });

  it('is opened again where an equal file is there now', () => {
    const before = read();
    copyFileSync(file, `${file}.other`);
    const { ino } = statSync(file);
    renameSync(`${file}.other`, file);
    expect(statSync(file).ino).not.toBe(ino);
    lose();
    expect(read()).toEqual(before);
    writeFileSync(file, 'spoilt');
    expect(read).toThrow('cut short');
  });

  it('is refused where another is there now', async () => {
    await write(file, 4);
    lose();
    await expectDatasetError(read, 'malformed-file', file, 'contents with the SHA-256');
  });

  it('is unreadable, not missing, where there is none: a new process may make it', async () => {
    rmSync(file);
    lose();
    await expectDatasetError(read, 'unreadable-file', file, '-116');
  });

  it('is unreadable as long as it stays lost', async () => {
    mount.isGone = true;
    await expectDatasetError(read, 'unreadable-file', file, '-116');
  });
});
