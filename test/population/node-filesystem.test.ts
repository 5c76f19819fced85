import { lstatSync, mkdirSync, promises, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import {
  errorCode,
  filesystemAt,
  isMissing,
  isPassing,
  localFilesystem,
  nodeFilesystem,
  politely,
  systemClock,
} from '@galapagos/population';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

let root: string;

beforeEach(() => {
  root = temporaryDirectory();
  mkdirSync(`${root}/directory`);
  writeFileSync(`${root}/precious`, 'mine');
  symlinkSync(`${root}/precious`, `${root}/link`);
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => '', errorCode);
}

describe.each([
  ['the real filesystem', nodeFilesystem],
  ['that of a local disk', localFilesystem],
])('%s', (_name, filesystem) => {
  test('goes through no symbolic link', async () => {
    expect(await codeOf(filesystem.read(`${root}/link`))).toBe('ELOOP');
    expect(await codeOf(filesystem.write(`${root}/link`, 'x'))).toBe('ELOOP');
    expect(await codeOf(filesystem.append(`${root}/link`, 'x'))).toBe('ELOOP');
    expect(await codeOf(filesystem.create(`${root}/link`, 'x'))).toBe('EEXIST');
    expect(await filesystem.kind(`${root}/link`)).toBe('other');
    await filesystem.unlink(`${root}/link`);
    expect(readFileSync(`${root}/precious`, 'utf8')).toBe('mine');
  });

  test('reads no more than it is asked for, and nothing but files', async () => {
    expect(String(await filesystem.read(`${root}/precious`, 4))).toBe('mine');
    expect(await codeOf(filesystem.read(`${root}/precious`, 3))).toBe('EFBIG');
    expect(await codeOf(filesystem.read(`${root}/directory`))).toBe('EINVAL');
    expect(isMissing(await filesystem.read(`${root}/nothing`).catch((error: unknown) => error))).toBe(true);
  });

  test('replaces what it writes, and adds what it appends', async () => {
    const file = `${root}/file`;
    await filesystem.write(file, 'a long text');
    await filesystem.write(file, 'short');
    await filesystem.append(file, ' and more');
    await filesystem.copy(file, `${root}/copy`);
    await filesystem.sync([root]);
    expect(readFileSync(`${root}/copy`, 'utf8')).toBe('short and more');
    expect(lstatSync(file).nlink).toBe(1);
    await filesystem.link(file, `${root}/second`);
    expect(lstatSync(file).nlink).toBe(2);
    expect((await filesystem.list(root)).sort()).toEqual([
      'copy',
      'directory',
      'file',
      'link',
      'precious',
      'second',
    ]);
  });

  test('knows how much room there is', async () => {
    const { bytes, inodes, medium } = await filesystem.space(root);
    expect(bytes).toBeGreaterThan(0);
    expect(inodes).toBeGreaterThan(0);
    expect(['disk', 'memory', 'network']).toContain(medium);
  });
});

test('a local disk lets all else in the process go on, however much is asked of it', async () => {
  const until = performance.now() + 200;
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  while (performance.now() < until) await localFilesystem.list(root);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

describe('MooseFS, whose server was away meanwhile,', () => {
  const failing = (code: string, syscall: string) =>
    Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });

  test.each(['write', 'append'] as const)(
    'is asked again where it says EEXIST to a %s',
    async (operation) => {
      const open = vi.spyOn(promises, 'open').mockRejectedValueOnce(failing('EEXIST', 'open'));
      try {
        await nodeFilesystem[operation](`${root}/file`, 'new');
        expect(open).toHaveBeenCalledTimes(2);
      } finally {
        open.mockRestore();
      }
      expect(readFileSync(`${root}/file`, 'utf8')).toBe('new');
    },
  );

  test('says ENXIO as a file is closed: that passes, and is no pipe', () => {
    const [closing, opening] = [failing('ENXIO', 'close'), failing('ENXIO', 'open')];
    expect([errorCode(closing), isPassing(closing)]).toEqual(['EIO', true]);
    expect([errorCode(opening), isPassing(opening)]).toEqual(['ENXIO', false]);
  });
});

test('where a directory is on no local disk, or not there, threads wait for it', async () => {
  expect(await filesystemAt(root)).toBe(localFilesystem);
  expect(await filesystemAt('/proc')).toBe(nodeFilesystem);
  expect(await filesystemAt(`${root}/nothing`)).toBe(nodeFilesystem);
});

describe('politeness', () => {
  test('lets one work at a time, and the next when it is done', async () => {
    const path = `${root}/dead`;
    const second = await politely(path, () => politely(path, () => Promise.resolve('two at once')));
    expect(second).toBeUndefined();
    expect(await politely(path, () => Promise.resolve('later'))).toBe('later');
    expect(await nodeFilesystem.list(root)).not.toContain('dead.lock');
  });

  test('gives way after a failure too, and hides none', async () => {
    const path = `${root}/dead`;
    await expect(politely(path, () => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed');
    expect(await politely(path, () => Promise.resolve('next'))).toBe('next');
    const nowhere = politely(`${root}/nowhere/dead`, () => Promise.resolve('x'));
    await expect(nowhere).rejects.toMatchObject({ code: 'UNFIT' });
  });

  test('is no matter of life and death: a lock that others take away at once is none of ours', async () => {
    const path = `${root}/dead`;
    const thief = new Worker(
      `const { rmdirSync } = require('node:fs');
       for (;;) try { rmdirSync(${JSON.stringify(`${path}.lock`)}); } catch {}`,
      { eval: true },
    );
    try {
      const found = new Set<string | undefined>();
      await eventually(async () => {
        found.add(await politely(path, () => Promise.resolve('done')));
        return found.size === 2;
      });
      expect(found).toEqual(new Set(['done', undefined]));
    } finally {
      await thief.terminate();
    }
  });
});

test('the real clock sleeps until its time, or until it is woken', async () => {
  const begun = systemClock.monotonic();
  await systemClock.sleep(0.02);
  expect(systemClock.monotonic() - begun).toBeGreaterThan(0.015);
  const waking = new AbortController();
  const sleeping = systemClock.sleep(60, waking.signal);
  waking.abort();
  await sleeping;
  await systemClock.sleep(60, waking.signal);
  expect(systemClock.monotonic() - begun).toBeLessThan(10);
});
