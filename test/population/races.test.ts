import { Membership, adopt, admit, conceive, kill, publish, unknowingHost } from '@galapagos/population';
import { expect, test } from 'vitest';
import { evaluate, first, join, joinFaulty, newWorld } from './support.js';

// Every order in which such operations can happen: test/simulation.

test('of several who claim a name at once each gets its own', async () => {
  const world = await newWorld();
  const members = await Promise.all([join(world), join(world), join(world), join(world)]);
  expect(members.map(({ name }) => name).sort()).toEqual(['w1', 'w2', 'w3', 'w4']);
});

test('of hundreds who claim a name at once each does after a few dozen tries', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  const joining = { host: unknowingHost, version: '0.0.0-test', backend: 'bits' };
  const from = faulty.calls.length;
  const members = await Promise.all(
    Array.from({ length: 300 }, () => Membership.join(me.population, joining)),
  );
  expect(new Set(members.map(({ name }) => name)).size).toBe(300);
  const tries = faulty.calls.slice(from).filter(({ path }) => /workers\/w[0-9]+$/.test(path));
  expect(tries.length).toBeLessThan(300 * 40);
});

test('of many who kill, adopt or discard the same, one wins', async () => {
  const world = await newWorld();
  const members = await Promise.all([join(world), join(world), join(world), join(world)]);
  const [me] = members;
  const id = (await conceive(me, first)) ?? '';
  const orphan = await admit(me, id);
  if (orphan === undefined) throw new Error('not admitted');
  const adoptions = await Promise.all(members.map((one) => adopt(one, orphan)));
  const won = adoptions.filter((one) => one !== undefined);
  expect(won).toHaveLength(1);
  const entry = won[0]?.entry ?? orphan;
  await evaluate(me, entry, 0.5);
  expect(await publish(me.population, entry, 0.5)).toBe(true);
  const victim = { state: 'alive', id, tenure: entry.tenure, fitness: 0.5 } as const;
  const kills = await Promise.all(members.map((one) => kill(one, victim)));
  expect(kills.filter(Boolean)).toHaveLength(1);
  expect(world.auditor.look().ids.dead).toEqual([id]);
});
