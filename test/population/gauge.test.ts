import { lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import {
  Gauge,
  boundsSchema,
  collect,
  kill,
  overDiskBound,
  shareTaken,
  tenureFolder,
} from '@galapagos/population';
import { expect, test } from 'vitest';
import { bear, childOf, join, newWorld, raise } from './support.js';

/** What lies below, each file once, however many names it has. */
function walk(path: string, seen = new Set<number>()): { bytes: number; inodes: number } {
  const stat = lstatSync(path);
  if (seen.has(stat.ino)) return { bytes: 0, inodes: 0 };
  seen.add(stat.ino);
  let [bytes, inodes] = [stat.blocks * 512, 1];
  for (const name of stat.isDirectory() ? readdirSync(path) : []) {
    const inner = walk(joinPath(path, name), seen);
    bytes += inner.bytes;
    inodes += inner.inodes;
  }
  return { bytes, inodes };
}

test('what a small experiment takes is what lies there, weights that are shared counted once', async () => {
  const world = await newWorld({ populationSize: 9 });
  const me = await join(world);
  const eve = await raise(me, 0.5);
  await raise(me, 0.6, childOf(eve));
  const dead = await raise(me, 0.4);
  await kill(me, dead);
  await collect(me, 1, await me.population.dead());
  await kill(me, await raise(me, 0.3));
  const gauged = await new Gauge(me.population).read();
  const there = walk(world.root);
  expect(gauged.isEstimate).toBe(false);
  // Each part is rounded.
  expect(Math.abs(there.inodes - gauged.total.inodes)).toBeLessThanOrEqual(2);
  expect(Math.abs(there.bytes - gauged.total.bytes)).toBeLessThanOrEqual(10);
  expect(gauged.living).toMatchObject(
    sumOf(
      ['alive'].map((state) => walk(`${world.root}/${state}`)),
      1,
    ),
  );
  for (const part of ['dead', 'hallOfFame', 'records', 'others'] as const)
    expect(gauged[part].inodes).toBeGreaterThan(0);
});

test('what is expected is that each in training, and one more, becomes as large as the largest that was seen there', async () => {
  const world = await newWorld({ populationSize: 9 });
  const me = await join(world);
  await raise(me, 0.5);
  const gauge = new Gauge(me.population);
  const { total, expected, living } = await gauge.read();
  // One of the living, as they are.
  expect(expected.bytes - total.bytes).toBeCloseTo(living.bytes, -1);
  const entry = await bear(me);
  const checkpoint = `${tenureFolder(me.population, entry)}/checkpoint~1~1~${'0'.repeat(16)}.safetensors`;
  writeFileSync(checkpoint, Buffer.alloc(1e6));
  const grown = await gauge.read();
  expect(grown.expected.bytes - grown.total.bytes).toBeGreaterThan(1e6);
  rmSync(checkpoint);
  await bear(me);
  // It has been seen how large they become: two, and one more.
  const later = await gauge.read();
  expect(later.expected.bytes - later.total.bytes).toBeGreaterThan(3e6);
  const bounds = boundsSchema.parse({ maxBytes: later.total.bytes + 1e6 });
  expect(overDiskBound(bounds, later)).toContain('more may come of those in training): nobody is born until');
  expect(overDiskBound({ ...bounds, maxBytes: later.expected.bytes + 1 }, later)).toBeUndefined();
});

function sumOf(uses: readonly { bytes: number; inodes: number }[], directories: number) {
  const inodes = uses.reduce((sum, use) => sum + use.inodes, -directories);
  return { inodes: expect.closeTo(inodes, -0.5) as number };
}

test('of many some are looked into, more each time, and no more once all are known', async () => {
  const world = await newWorld({ populationSize: 60 });
  const me = await join(world);
  for (let n = 0; n < 40; n++) await raise(me, n / 100);
  const gauge = new Gauge(me.population);
  const first = await gauge.read();
  expect(first.isEstimate).toBe(true);
  const { inodes } = walk(`${world.root}/alive`);
  expect(first.living.inodes).toBe(inodes - 1);
  await gauge.read();
  expect((await gauge.read()).isEstimate).toBe(false);
  // What was looked into once is not looked into again: it never changes.
  const [one = ''] = readdirSync(`${world.root}/alive`);
  rmSync(`${world.root}/alive/${one}/1`, { recursive: true });
  expect((await gauge.read()).living.inodes).toBe(inodes - 1);
});

test('a bound on the disk says what takes it, and what helps', async () => {
  const world = await newWorld();
  const me = await join(world);
  await raise(me, 0.5);
  const gauged = await new Gauge(me.population).read();
  const none = boundsSchema.parse({});
  expect([shareTaken(none, gauged.total), overDiskBound(none, gauged)]).toEqual([0, undefined]);
  const wide = boundsSchema.parse({ maxBytes: 1e12, maxInodes: Math.ceil(gauged.total.inodes * 2) });
  expect(shareTaken(wide, gauged.total)).toBeCloseTo(0.5, 1);
  expect(overDiskBound(wide, gauged)).toBeUndefined();
  expect(overDiskBound({ ...none, maxInodes: 5 }, gauged)).toMatch(
    /^the experiment takes [0-9]+ inodes of the 5 inodes of bounds.maxInodes \(the living [0-9]+ inodes, .*galapagos set$/,
  );
  expect(overDiskBound({ ...none, maxBytes: 1000 }, gauged)).toMatch(/ MB of the 0.0 MB of bounds.maxBytes/);
});
