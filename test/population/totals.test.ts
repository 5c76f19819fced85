import {
  type LeftWorkers,
  TotalsReader,
  nodeFilesystem,
  summarize,
  unknowingHost,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { join, newWorld, openWorld } from './support.js';

async function twoWorkers() {
  const world = await newWorld();
  const [gone, me] = [await join(world), await join(world)];
  gone.totals.births = 7;
  await gone.leave();
  const filesystem = new FaultyFilesystem(nodeFilesystem);
  const population = await openWorld(world, filesystem);
  const readsOf = (worker: string) =>
    filesystem.calls.filter(({ operation, path }) => operation === 'read' && path.includes(`/${worker}/`))
      .length;
  return { gone, me, population, filesystem, readsOf };
}

test('the totals of one who left are read once, those of who works each time', async () => {
  const { gone, me, population, readsOf } = await twoWorkers();
  const totals = new TotalsReader(population);
  for (let births = 0; births < 3; births++) {
    me.totals.births = births;
    await me.writeTotals();
    expect((await totals.of(gone.name)).births).toBe(7);
    expect((await totals.of(me.name)).births).toBe(births);
  }
  expect(readsOf(gone.name)).toBe(2);
  expect(readsOf(me.name)).toBe(6);
});

describe('what could not be read once of one who left is read again', () => {
  // Twice: a read that meets ESTALE is repeated.
  const spoil = (filesystem: FaultyFilesystem, path: RegExp) => {
    for (let time = 0; time < 2; time++) filesystem.fail({ operation: 'read', path }, 'ESTALE');
  };

  test('its totals', async () => {
    const { gone, population, filesystem } = await twoWorkers();
    const totals = new TotalsReader(population);
    spoil(filesystem, /w1.totals/);
    expect((await totals.of(gone.name)).births).toBe(0);
    expect((await totals.of(gone.name)).births).toBe(7);
  });

  test.each([/w1.totals/, /w1.worker/])('for a summary: %s', async (path) => {
    const { population, filesystem } = await twoWorkers();
    const left: LeftWorkers = new Map();
    spoil(filesystem, path);
    await summarize(population, unknowingHost, left);
    const { workers } = await summarize(population, unknowingHost, left);
    expect(workers[0]).toMatchObject({ document: { name: 'w1' }, totals: { births: 7 } });
  });
});

test('a summary reads nothing again of one who left', async () => {
  const { gone, population, readsOf } = await twoWorkers();
  const left: LeftWorkers = new Map();
  const first = await summarize(population, unknowingHost, left);
  const reads = readsOf(gone.name);
  expect(await summarize(population, unknowingHost, left)).toEqual(first);
  expect(readsOf(gone.name)).toBe(reads);
  expect(first.totals.births).toBe(7);
});
