import { parseSlurmTime } from '@galapagos/launcher';
import { expect, test } from 'vitest';

test.each([
  ['30', 1800],
  ['1:30', 90],
  ['04:00:00', 14_400],
  ['2-12', 216_000],
  ['1-02:30', 95_400],
  ['1-00:00:01', 86_401],
  ['UNLIMITED', Infinity],
  ['0', Infinity],
  ['abc', undefined],
  ['4h', undefined],
  ['1:2:3:4', undefined],
  ['', undefined],
])('%s is a time limit of so many seconds', (text, seconds) => {
  expect(parseSlurmTime(text)).toBe(seconds);
});
