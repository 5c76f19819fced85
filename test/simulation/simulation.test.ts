import { expect, test } from 'vitest';
import { simulate } from './simulation.js';

test('every schedule of some seeds keeps every promise', async () => {
  for (let n = 0; n < 20; n++) expect(await simulate(`unit ${n}`)).toMatchObject({ violation: undefined });
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
