import { Gauge, giveOrder } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { eventually } from '../support/processes.js';
import { populationInMemory, runHere } from './harness.js';

/** Inodes of an experiment of so many, its worker and its history, without those of its hall of fame. */
async function inodesOf(population: Awaited<ReturnType<typeof populationInMemory>>): Promise<number> {
  return (await new Gauge(population).read()).total.inodes;
}

describe('an experiment that may take no more of its disk', () => {
  test('gives up the lowest of its hall of fame first, and goes on', async () => {
    const bounds = { individuals: 60, hallOfFame: 40 };
    const free = await populationInMemory({ populationSize: 4, bounds });
    await runHere(free).finished;
    const inodes = await inodesOf(free);
    const hall = await free.hallOfFame();
    expect(hall.length).toBeGreaterThan(30);
    const maxInodes = Math.floor(inodes / 2);
    const bound = await populationInMemory({ populationSize: 4, bounds: { ...bounds, maxInodes } });
    const { finished, eventsOf } = runHere(bound);
    await finished;
    // It looks every ten seconds, and that is over in one: a new worker looks at once, and until its next look the hall does
    // not fill up again.
    await giveOrder(bound, { order: 'settings', bounds: { individuals: 100 } });
    await runHere(bound).finished;
    expect(eventsOf('disk-full')).toEqual([]);
    expect(await inodesOf(bound)).toBeLessThan(maxInodes);
    const kept = await bound.hallOfFame();
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(hall.length);
    const best = Math.max(...hall.map(({ fitness }) => fitness));
    expect(Math.max(...kept.map(({ fitness }) => fitness))).toBeGreaterThanOrEqual(best);
  });

  test('has no births where the living are too many, says so, and goes on when it may take more', async () => {
    const population = await populationInMemory({ populationSize: 4, bounds: { maxInodes: 20 } });
    const evaluate = bitStringTrainer({ filesystem: population.filesystem });
    const { worker, finished, eventsOf } = runHere(population, { evaluate });
    await eventually(() => eventsOf('published').length > 3);
    await giveOrder(population, { order: 'settings', bounds: { maxInodes: 21 } });
    await eventually(() => eventsOf('disk-full').length > 0);
    const births = eventsOf('born').length;
    const { alive } = await population.living();
    expect(eventsOf('disk-full')[0]?.reason).toContain('of bounds.maxInodes (the living');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(eventsOf('born')).toHaveLength(births);
    expect((await population.living()).alive).toEqual(alive);
    await giveOrder(population, { order: 'settings', bounds: { maxInodes: null } });
    await eventually(() => eventsOf('born').length > births);
    worker.leave();
    await finished;
    expect(eventsOf('disk-full')).toHaveLength(1);
  });
});
