import { readFileSync, writeFileSync } from 'node:fs';
import {
  Digester,
  type Membership,
  TotalsReader,
  conceive,
  nodeFilesystem,
  readRoll,
  summarize,
  unknowingHost,
} from '@galapagos/population';
import { expect, test } from 'vitest';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { type World, first, join, newWorld, openWorld } from './support.js';

const MANY = 16;

/** Workers that left, and one that works. */
async function searchOfWeeks(gone = MANY) {
  const world = await newWorld();
  const left: Membership[] = [];
  for (let n = 0; n < gone; n++) {
    const member = await join(world);
    member.totals.births = 100 + n;
    left.push(member);
  }
  for (const member of left) await member.leave();
  const me = await join(world);
  const digester = new Digester(me);
  await digester.digest();
  return { world, me, left, digester };
}

/** A population of which every read of a worker's file is noted. */
async function watched(world: World) {
  const filesystem = new FaultyFilesystem(nodeFilesystem);
  const population = await openWorld(world, filesystem);
  const asked = () =>
    filesystem.calls.filter(({ operation, path }) => operation === 'read' && path.includes('/workers/w'))
      .length;
  return { population, asked };
}

test('who is on the roll is not asked any more', async () => {
  const { world, me, digester } = await searchOfWeeks();
  const before = await summarize(me.population, unknowingHost);
  expect((await readRoll(me.population)).size).toBe(0);
  world.clock.advance(61);
  await digester.digest();
  expect([...(await readRoll(me.population)).keys()].sort()).toEqual(
    before.workers
      .filter(({ state }) => state === 'left')
      .map(({ name }) => name)
      .sort(),
  );
  const { population, asked } = await watched(world);
  const after = await summarize(population, unknowingHost);
  // The document, the beat and the totals of the one that works.
  expect(asked()).toBe(3);
  expect(after.totals).toEqual(before.totals);
  expect(after.workers).toEqual(before.workers);
  const totals = new TotalsReader(population);
  const both = await Promise.all(['w1', 'w2'].map((name) => totals.of(name)));
  expect(both.map(({ births }) => births)).toEqual([100, 101]);
  expect(asked()).toBe(3);
});

test('it is not written anew for a few', async () => {
  const { world, me, digester } = await searchOfWeeks(MANY - 1);
  world.clock.advance(61);
  await digester.digest();
  expect((await readRoll(me.population)).size).toBe(0);
});

test('who left something behind is not on it, nor who may only be slow', async () => {
  const { world, me, left } = await searchOfWeeks(MANY + 1);
  const [messy] = left;
  if (messy === undefined) throw new Error('there are many');
  await conceive(messy, first);
  const silent = await join(world);
  const digester = new Digester(me);
  await digester.digest();
  world.clock.advance(1000);
  await digester.digest();
  const roll = await readRoll(me.population);
  expect(roll.size).toBe(MANY);
  expect([messy.name, silent.name, me.name].filter((name) => roll.has(name))).toEqual([]);
});

test.each(['', '{', '{"format":1,"workers":{"w1":{}}}', '{"format":1,"workers":{"../x":{}}}'])(
  'one that was spoilt is none, and is written anew: %j',
  async (text) => {
    const { world, me, digester } = await searchOfWeeks();
    world.clock.advance(61);
    await digester.digest();
    const file = `${world.root}/digests/workers.json`;
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, text);
    expect((await summarize(me.population, unknowingHost)).workers).toHaveLength(MANY + 1);
    await digester.digest();
    expect(readFileSync(file, 'utf8')).toBe(whole);
  },
);
