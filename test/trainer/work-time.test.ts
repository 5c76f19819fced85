import { systemClock } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { trainIndividual } from '../../packages/trainer/src/train.js';
import { WorkTime } from '../../packages/trainer/src/work-time.js';
import { firstDna } from '@galapagos/dna';
import { benchOf, individualOf } from './support.js';

describe('the time that a training has worked', () => {
  const at = { clock: 0, cpu: 0 };
  const begin = () => new WorkTime({ monotonic: () => at.clock }, () => at.cpu);

  test('is that in which its process had a processor, be it a small part of one', () => {
    const time = begin();
    at.clock += 3;
    expect(time.read()).toBe(3);
    at.clock += 100;
    at.cpu += 4;
    expect(time.read()).toBe(103);
  });

  test('is not that in which it was stopped', () => {
    const time = begin();
    at.clock += 2;
    at.cpu += 2;
    expect(time.read()).toBe(2);
    at.clock += 3600;
    at.cpu += 0.01;
    expect(time.read()).toBe(2);
    at.clock += 1;
    expect(time.read()).toBe(3);
  });

  test('is not that in which it waited', async () => {
    const time = begin();
    const waiting = time.without(() => {
      at.clock += 30;
      at.cpu += 30;
      return Promise.resolve('done');
    });
    expect(await waiting).toBe('done');
    await expect(time.without(() => Promise.reject(new Error('full')))).rejects.toThrow('full');
    at.clock += 1;
    expect(time.read()).toBe(1);
  });
});

test('an individual whose training was stopped for hours is not buried for its limit of seconds', async () => {
  let ahead = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
  const bench = await benchOf(
    { steps: 6, batchSize: 4, limits: { seconds: 1000 } },
    { clock, betweenSteps: () => void (ahead ||= 7200) },
  );
  const outcome = await trainIndividual(bench, individualOf(firstDna()));
  expect(outcome.kind).toBe('evaluated');
  expect(outcome.seconds).toBeLessThan(60);
});
