import {
  type LeftWorkers,
  TotalsReader,
  nodeFilesystem,
  summarize,
  unknowingHost,
} from '@galapagos/population';
import { expect, test } from 'vitest';
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
  return { gone, me, population, readsOf };
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

test('a summary reads nothing again of one who left', async () => {
  const { gone, population, readsOf } = await twoWorkers();
  const left: LeftWorkers = new Map();
  const first = await summarize(population, unknowingHost, left);
  const reads = readsOf(gone.name);
  expect(await summarize(population, unknowingHost, left)).toEqual(first);
  expect(readsOf(gone.name)).toBe(reads);
  expect(first.totals.births).toBe(7);
});
