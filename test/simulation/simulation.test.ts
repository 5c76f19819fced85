import { expect, test } from 'vitest';
import { explore } from './exploration.js';
import { scenes, setScene } from './scenes.js';
import { simulate } from './simulation.js';

const seeds = Array.from({ length: 16 }, (_, n) => `unit ${n}`);

test.each(seeds)('the schedule of a seed keeps every promise: %s', async (seed) => {
  expect(await simulate(seed)).toMatchObject({ violation: undefined });
});

test('a seed is one schedule: the same operations, at the same instants, with the same outcomes', async () => {
  const [first, again, other] = [
    await simulate('one', { trace: true }),
    await simulate('one', { trace: true }),
    await simulate('another', { trace: true }),
  ];
  expect(first.trace.length).toBeGreaterThan(500);
  expect(again).toEqual(first);
  expect(other.trace).not.toEqual(first.trace);
});

test.each(Object.keys(scenes))('interleavings of two who take each other for gone: %s', async (name) => {
  const limits = { workers: 2, crashes: 0, preemptions: 2, suspicion: true, runs: 15 };
  const { runs, states, violation } = await explore(await setScene(name), limits);
  expect(violation).toBeUndefined();
  expect(runs).toBe(15);
  expect(states).toBeGreaterThan(50);
});

test.each(['an orphan whose result nobody had on disk', 'one short of it'])(
  'the power may be cut at every instant: %s',
  async (name) => {
    const limits = { workers: 1, crashes: 0, power: 1, preemptions: 0 };
    const { isComplete, interleavings, violation } = await explore(await setScene(name), limits);
    expect(violation).toBeUndefined();
    expect(isComplete).toBe(true);
    expect(interleavings).toBeGreaterThan(5n);
  },
);
