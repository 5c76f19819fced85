import { giveOrder } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { Disk, truth } from '../simulation/disk.js';
import { filesystemOf } from '../simulation/memory-filesystem.js';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { eventually } from '../support/processes.js';
import { populationInMemory, runHere } from './harness.js';

/** Workers over a disk that can be filled. */
async function workers(refusal: string) {
  const disk = new Disk();
  const filesystem = filesystemOf(disk, truth);
  const bounds = { leaseSeconds: 2 };
  const population = await populationInMemory({ populationSize: 6, bounds }, filesystem);
  const evaluate = bitStringTrainer({ filesystem, steps: 3, stepMs: 1, checkpointEvery: 1 });
  const all = [1, 2, 3].map(() => runHere(population, { evaluate }));
  const count = (event: 'born' | 'killed' | 'published' | 'disk-full') =>
    all.reduce((sum, { eventsOf }) => sum + eventsOf(event).length, 0);
  const fill = () => (disk.capacity = { bytes: disk.used.bytes, inodes: disk.used.inodes, refusal });
  const free = () => (disk.capacity = { bytes: Infinity, inodes: Infinity, refusal });
  await eventually(() => count('killed') > 20);
  return { population, evaluate, all, count, fill, free };
}

describe('a full disk', () => {
  test.each(['ENOSPC', 'EDQUOT'])(
    'stops births, not the population; freed, it goes on (%s)',
    async (refusal) => {
      const { population, all, count, fill, free } = await workers(refusal);
      fill();
      for (const { eventsOf } of all) await eventually(() => eventsOf('disk-full').length > 0);
      // What was under way has come to rest: nobody is born, and nobody dies of it.
      const [born, killed] = [count('born'), count('killed')];
      await population.clock.sleep(1);
      expect([count('born'), count('killed')]).toEqual([born, killed]);
      const { size } = await population.living();
      expect(size).toBeGreaterThanOrEqual(6 - 3);
      // A trouble that lasts is told once.
      for (const { eventsOf } of all) expect(eventsOf('beat-failed').length).toBeLessThanOrEqual(1);
      free();
      await eventually(() => count('born') > born + 30);
      for (const { worker, finished } of all) {
        worker.leave();
        expect(await finished).toBe('asked');
      }
      for (const name of ['w1', 'w2', 'w3'])
        expect(await population.list(`workers/${name}/staging`)).toEqual([]);
      // Each is somewhere: nobody was lost.
      expect((await population.living()).size).toBeLessThanOrEqual(6);
      expect(count('published')).toBeGreaterThan(count('born') - 4);
    },
  );

  test('as one begins: it joins once there is room, under a name that it claims once', async () => {
    const { population, evaluate, all, fill, free } = await workers('ENOSPC');
    fill();
    const [late, never] = [runHere(population, { evaluate }), runHere(population, { evaluate })];
    for (const { eventsOf } of [late, never]) await eventually(() => eventsOf('disk-full').length > 0);
    // The first try of each may have got as far as the name.
    never.worker.leave();
    expect(await never.finished).toBe('asked');
    expect([late, never].flatMap(({ eventsOf }) => eventsOf('joined'))).toEqual([]);
    free();
    await eventually(() => late.eventsOf('published').length > 0);
    for (const { worker } of [...all, late]) worker.leave();
    expect(await late.finished).toBe('asked');
    expect((await population.list('workers')).length).toBeLessThanOrEqual(3 + 2);
  });

  test('keeps no worker from leaving, by an order or by a signal', async () => {
    const { population, all, fill, free } = await workers('ENOSPC');
    fill();
    for (const { eventsOf } of all) await eventually(() => eventsOf('disk-full').length > 0);
    all[0]?.worker.leave();
    expect(await all[0]?.finished).toBe('asked');
    free();
    await giveOrder(population, { order: 'stop' });
    fill();
    for (const { finished } of all.slice(1)) expect(await finished).toBe('stopped');
  });
});
