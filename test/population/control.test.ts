import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { SeededRandom } from '@galapagos/dna';
import {
  Control,
  Population,
  boundsSchema,
  fsck,
  giveOrder,
  nodeFilesystem,
  unknowingHost,
} from '@galapagos/population';
import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../support/manual-clock.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { type World, newWorld, openWorld } from './support.js';

let world: World;

beforeEach(async () => {
  world = await newWorld();
});

async function newcomer(filesystem = nodeFilesystem): Promise<Control> {
  const control = new Control(await openWorld(world, filesystem));
  await control.poll();
  return control;
}

async function give(...orders: Parameters<typeof giveOrder>[1][]): Promise<void> {
  const population = await openWorld(world);
  for (const order of orders) await giveOrder(population, order);
}

describe('a stop', () => {
  test('holds for who was there, and not for who comes later', async () => {
    const early = await newcomer();
    await give({ order: 'stop' });
    await early.poll();
    const late = await newcomer();
    expect([early.stopped, late.stopped]).toEqual([true, false]);
    await late.poll();
    expect(late.stopped).toBe(false);
    await give({ order: 'stop' });
    await late.poll();
    expect(late.stopped).toBe(true);
  });

  test('is not taken back by what follows', async () => {
    const control = await newcomer();
    await give({ order: 'stop' }, { order: 'resume' });
    await control.poll();
    expect(control.stopped).toBe(true);
  });
});

test('a pause holds for newcomers too, until it is lifted', async () => {
  const early = await newcomer();
  await give({ order: 'pause' });
  await early.poll();
  const late = await newcomer();
  expect([early.paused, late.paused]).toEqual([true, true]);
  await give({ order: 'resume' });
  for (const control of [early, late]) await control.poll();
  expect([early.paused, late.paused]).toEqual([false, false]);
});

test('a pause is as old as the first order for it since the last resume', async () => {
  await give({ order: 'pause' });
  world.clock.advance(10);
  await give({ order: 'pause' });
  const control = await newcomer();
  expect(control.pausedSince).toBe('2017-03-03T00:00:00.000Z');
  await give({ order: 'resume' });
  world.clock.advance(10);
  await give({ order: 'pause' });
  await control.poll();
  expect(control.pausedSince).toBe('2017-03-03T00:00:20.000Z');
});

test('settings change what they name, one after the other; each bound says where it comes from', async () => {
  const { bounds } = await newcomer();
  await give(
    { order: 'settings', bounds: { individuals: 5 } },
    { order: 'settings', bounds: { flops: 100 } },
    { order: 'settings', bounds: { individuals: null, hallOfFame: 0 } },
  );
  const control = await newcomer();
  expect(control.bounds).toEqual({ ...bounds, individuals: null, flops: 100, hallOfFame: 0 });
  expect([control.sourceOf('individuals')?.number, control.sourceOf('flops')?.number]).toEqual([3, 2]);
  expect(control.sourceOf('leaseSeconds')).toBeUndefined();
});

test('the last settings hold, for newcomers too; before them those of the experiment', async () => {
  expect((await newcomer()).bounds.leaseSeconds).toBe(10);
  const bounds = (leaseSeconds: number) => boundsSchema.parse({ leaseSeconds });
  await give({ order: 'settings', bounds: bounds(20) }, { order: 'settings', bounds: bounds(30) });
  // The tenth comes after the second, whatever the names sort like.
  for (let n = 0; n < 8; n++) await give({ order: 'resume' });
  await give({ order: 'settings', bounds: bounds(40) });
  expect((await newcomer()).bounds.leaseSeconds).toBe(40);
});

describe('an order', () => {
  test('given at once with others has a number of its own', async () => {
    const ground = (n: number) => ({ ...world, clock: new ManualClock(), random: new SeededRandom(`${n}`) });
    const epochs = await Promise.all(
      [1, 2, 3, 4, 5].map(async (n) => {
        const { clock, random, root } = ground(n);
        clock.advance(n);
        const population = await Population.open(root, { filesystem: nodeFilesystem, clock, random });
        return await giveOrder(population, { order: 'pause' });
      }),
    );
    expect(epochs.toSorted()).toEqual([1, 2, 3, 4, 5]);
    expect(readdirSync(`${world.root}/control`).sort()).toEqual(
      [1, 2, 3, 4, 5].map((epoch) => `00000${epoch}`),
    );
  });

  test('is given without hard links too', async () => {
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.fail({ operation: 'link', lasting: true }, 'ENOTSUP');
    const population = await openWorld(world, faulty);
    expect(await giveOrder(population, { order: 'pause' })).toBe(1);
    expect(await giveOrder(population, { order: 'resume' })).toBe(2);
    expect((await newcomer()).paused).toBe(false);
  });

  test('whose answer was lost is given once', async () => {
    const faulty = new FaultyFilesystem(nodeFilesystem);
    // A server that repeats what it has done says that the name is taken.
    faulty.fail({ operation: 'link' }, 'EEXIST', 'after');
    expect(await giveOrder(await openWorld(world, faulty), { order: 'stop' })).toBe(1);
    expect(readdirSync(`${world.root}/control`)).toEqual(['000001']);
  });

  test('that is half written is read when it is whole, and is none for as long as it is not', async () => {
    const control = await newcomer();
    writeFileSync(`${world.root}/control/000001`, '{"order": "pau');
    await control.poll();
    writeFileSync(`${world.root}/control/000001`, '{"format":1,"order":"pause","givenAt":""}');
    await control.poll();
    expect(control.paused).toBe(true);
    writeFileSync(`${world.root}/control/000002`, '{"order": "res');
    for (let time = 0; time < 3; time++) await control.poll();
    expect(control.paused).toBe(true);
    await give({ order: 'resume' });
    expect(readdirSync(`${world.root}/control`)).toContain('000003');
    await control.poll();
    expect(control.paused).toBe(false);
  });

  test('that is whole and says nothing that is an order is passed over, and fsck says so', async () => {
    const control = await newcomer();
    writeFileSync(`${world.root}/control/000001`, '{"format":1,"order":"dance","givenAt":""}');
    for (let looks = 0; looks < 3; looks++) await control.poll();
    const population = await openWorld(world);
    const found = (await fsck(population, unknowingHost)).filter(({ path }) => path === 'control/000001');
    expect(found).toMatchObject([{ severity: 'warning', repair: { kind: 'set-aside' } }]);
    expect(await giveOrder(population, { order: 'pause' })).toBe(2);
    await control.poll();
    expect(control.paused).toBe(true);
  });

  test('on a full disk leaves nothing behind, and says what is the matter', async () => {
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.fail({ operation: 'write' }, 'ENOSPC', 'after');
    const giving = giveOrder(await openWorld(world, faulty), { order: 'stop' });
    await expect(giving).rejects.toMatchObject({ code: 'UNFIT', message: /the disk is full/ });
    expect(readdirSync(`${world.root}/control`)).toEqual([]);
  });

  test('that vanished again is no order', async () => {
    const faulty = new FaultyFilesystem(nodeFilesystem);
    await give({ order: 'pause' });
    faulty.before({ operation: 'read', path: /control/ }, ({ path }) => Promise.resolve(rmSync(path)));
    expect((await newcomer(faulty)).paused).toBe(false);
  });
});
