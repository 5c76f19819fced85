import { Membership, type Population, boundsSchema, unknowingHost } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { Budget } from '../../packages/worker/src/budget.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { ManualClock } from '../support/manual-clock.js';
import { makeExperiment, openExperiment } from './experiment.js';
import { memoryFilesystem } from './memory-filesystem.js';

const joining = { host: unknowingHost, version: '0.0.0-test', backend: 'bits' };

/** One that asks how far the search has come, and others that get on. */
async function crowd() {
  const filesystem = new FaultyFilesystem(memoryFilesystem());
  const clock = new ManualClock();
  await makeExperiment('/experiment', { populationSize: 50 }, filesystem);
  const population = Object.assign(await openExperiment('/experiment', filesystem), { clock }) as Population;
  const me = await Membership.join(population, joining);
  const others: Membership[] = [];
  for (let n = 0; n < 5; n++) others.push(await Membership.join(population, joining));
  const asked = () =>
    filesystem.calls.filter(({ operation, path }) => operation === 'read' && path.endsWith('totals.json'))
      .length;
  /** Lets everybody bear so many. */
  const bear = async (births: number) => {
    for (const member of [me, ...others]) {
      member.totals.births += births;
      await member.writeTotals();
    }
  };
  return { clock, budget: new Budget(population, me), asked, bear, others };
}

describe('how far others have come', () => {
  test('is not asked each time while the bound is far away', async () => {
    const { clock, budget, asked, bear } = await crowd();
    const bounds = boundsSchema.parse({ individuals: 60_000 });
    const looks: number[] = [];
    // A birth a second each: the bound is 10,000 seconds away.
    for (let second = 0; second < 100; second++) {
      expect(await budget.isSpent(bounds)).toBe(false);
      looks.push(asked() / 5);
      await bear(1);
      clock.advance(1);
    }
    // Twice for the pace, then every half a minute.
    expect(looks.at(-1)).toBeLessThanOrEqual(6);
    expect(looks.at(-1)).toBeGreaterThanOrEqual(4);
  });

  test('is asked again when everything becomes faster than it was', async () => {
    const { clock, budget, bear, others } = await crowd();
    const bounds = boundsSchema.parse({ individuals: 1200 });
    for (let second = 0; second < 50; second++) {
      expect(await budget.isSpent(bounds)).toBe(false);
      await bear(1);
      clock.advance(1);
    }
    // The bound is 150 seconds away, and reached within the next one.
    let turns = 50;
    for (; !(await budget.isSpent(bounds)); turns++) await bear(1);
    expect((others.length + 1) * turns).toBe(1200);
  });

  test('is asked more and more often near it, and no more than one each is too many', async () => {
    const { clock, budget, bear, others } = await crowd();
    const bounds = boundsSchema.parse({ individuals: 600 });
    let second = 0;
    for (; !(await budget.isSpent(bounds)); second++) {
      await bear(1);
      clock.advance(1);
    }
    expect((others.length + 1) * second).toBe(600);
  });

  test('is asked in time where they become three times as fast', async () => {
    const { clock, budget, bear } = await crowd();
    const bounds = boundsSchema.parse({ individuals: 1800 });
    let births = 0;
    for (let second = 0; !(await budget.isSpent(bounds)); second++) {
      const each = second < 150 ? 1 : 3;
      births += 6 * each;
      await bear(each);
      clock.advance(1);
    }
    expect(births).toBe(1800);
  });

  test('is asked again at once where the bound was changed', async () => {
    const { clock, budget, asked, bear } = await crowd();
    for (let second = 0; second < 3; second++) {
      await budget.isSpent(boundsSchema.parse({ individuals: 60_000 }));
      await bear(10);
      clock.advance(1);
    }
    const before = asked();
    expect(await budget.isSpent(boundsSchema.parse({ individuals: 180 }))).toBe(true);
    expect(asked()).toBeGreaterThan(before);
  });
});
