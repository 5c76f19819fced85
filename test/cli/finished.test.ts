import { bury } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos } from './harness.js';
import { populate } from './population.js';

async function searchWith(fields: Record<string, string>): Promise<string> {
  const root = `${temporaryDirectory()}/run`;
  expect((await galapagos(['init', root, ...flagsOf(fields)])).code).toBe(0);
  return root;
}

describe('check and wait', () => {
  test('say that a search has not come to its end, and end with 4', async () => {
    const root = await searchWith({ 'bounds.individuals': '4' });
    expect(await galapagos(['check', root])).toEqual({
      code: 4,
      out: 'not finished; 0 in training; nobody works',
      err: '',
    });
    const { code, out } = await galapagos(['check', root, '--json']);
    expect({ code, ...(JSON.parse(out) as object) }).toEqual({
      code: 4,
      isFinished: false,
      reachedBound: null,
      training: 0,
      working: 0,
    });
    expect(await galapagos(['wait', root, '--for', '0.1s'])).toMatchObject({ code: 4, err: /^not finished/ });
  });

  test('say that one has: a bound is reached, and nobody is in training', async () => {
    const { root, me, inTraining } = await populate();
    expect((await galapagos(['check', root])).code).toBe(4);
    // Births are more than that, but one is still in training.
    expect((await galapagos(['set', root, 'bounds.individuals=1'])).code).toBe(0);
    const still = await galapagos(['check', root]);
    expect(still).toMatchObject({ code: 4, out: /budget is spent.*1 in training/ });
    await bury(me, inTraining, { class: 'crash', reason: 'a test', log: '' });
    expect(await galapagos(['check', root])).toMatchObject({
      code: 0,
      out: /^finished: .*bounds\.individuals/,
    });
    expect(await galapagos(['wait', root, '--for', '1h'])).toMatchObject({ code: 0, out: '' });
  });

  test('end with 3 where there is no search, and with 2 where the time is none', async () => {
    const nowhere = `${temporaryDirectory()}/nowhere`;
    expect((await galapagos(['check', nowhere])).code).toBe(3);
    expect((await galapagos(['wait', nowhere])).code).toBe(3);
    expect((await galapagos(['wait', nowhere, '--for', 'long'])).code).toBe(2);
  });
});
