import { existsSync, mkdirSync, readFileSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@galapagos/population';
import { beforeEach, expect, test } from 'vitest';
import { LogFile, olderLog } from '../../packages/cli/src/logs/log-file.js';
import { eventually } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

let root: string;
let path: string;

beforeEach(() => {
  root = temporaryDirectory();
  path = `${root}/logs/workers/w1.log`;
});

const logOf = (most: number) => new LogFile(path, most, systemClock);
const text = () => readFileSync(path, 'utf8');

test('lines are there at once, and those that come soon after them within a second', async () => {
  const log = logOf(1e6);
  log.write('one\n');
  await eventually(() => existsSync(path) && text() === 'one\n');
  log.write('two\n');
  log.write('three\n');
  await eventually(() => text() === 'one\ntwo\nthree\n');
  await log.close();
});

test('closing writes what waits, and does so once', async () => {
  const log = logOf(1e6);
  for (const line of ['one\n', 'two\n', 'three\n']) {
    log.write(line);
    await sleep(5);
  }
  await log.close();
  expect(text()).toBe('one\ntwo\nthree\n');
});

test('two files take no more than they may, and lose nothing but what is oldest', async () => {
  const log = logOf(10_000);
  const lines = Array.from({ length: 60 }, (_, n) => `${n} ${'x'.repeat(200)}\n`);
  for (const line of lines) {
    log.write(line);
    await log.close();
  }
  const sizes = [path, olderLog(path)].map((file) => statSync(file).size);
  expect(olderLog(path)).toBe(`${root}/logs/workers/w1.1.log`);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5000);
  expect(sizes[1]).toBeGreaterThan(4700);
  const kept = readFileSync(olderLog(path), 'utf8') + text();
  expect(lines.join('').endsWith(kept)).toBe(true);
});

test('it may be deleted at any time; an experiment that was deleted does not come back', async () => {
  const log = logOf(1e6);
  log.write('one\n');
  await log.close();
  rmSync(`${root}/logs`, { recursive: true });
  log.write('two\n');
  await log.close();
  expect(text()).toBe('two\n');
  rmSync(root, { recursive: true });
  log.write('three\n');
  await log.close();
  expect(existsSync(root)).toBe(false);
});

test('what stands in the way holds nobody up; later it says how much was lost', async () => {
  mkdirSync(`${root}/logs/workers`, { recursive: true });
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  const troubles: string[] = [];
  const log = new LogFile(path, 1e6, systemClock, (reason) => troubles.push(reason));
  for (let n = 0; n < 1010; n++) log.write(`${n}\n`);
  await log.close();
  expect(troubles).toEqual([expect.stringContaining('ENXIO')]);
  unlinkSync(path);
  log.write('1010\n');
  await log.close();
  const [first = '', ...rest] = text().trimEnd().split('\n');
  expect(JSON.parse(first)).toMatchObject({ level: 'warn', msg: 'lines-lost', count: 11 });
  expect(rest).toEqual(Array.from({ length: 1000 }, (_, n) => `${n + 11}`));
});
