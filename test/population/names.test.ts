import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type Entry, isIndividualId, nameOf, parseName } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { join, newWorld, openWorld, raise } from './support.js';

const worker = fc.stringMatching(/^[a-z0-9]{1,32}$/);
const id = fc.tuple(worker, fc.nat(999_999_999_999)).map(([name, number]) => `${name}-${number}`);
const tenure = fc.integer({ min: 1, max: 999_999_999 });
// To the six digits of a name, as it is read back.
const fitness = fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => millionths / 1e6);

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ state: fc.constant('training' as const), id, tenure, worker }),
  fc.record({ state: fc.constantFrom('alive' as const, 'hall-of-fame' as const), id, tenure, fitness }),
  fc.record({ state: fc.constant('dead' as const), id, tenure, killer: worker }),
);

const hostile = [
  '',
  '.',
  '..',
  '~~',
  'w1-1~1',
  'w1-1~0~w2',
  'w1-1~01~w2',
  'w1-1~1~w2~',
  'w1-1~1~W2',
  'w1-1~1~../w2',
  ' w1-1~1~w2',
  'w1-1~1~w2\n',
  'w1~1~w2',
  'w1-1~1e3~w2',
  'w1-1~9999999999~w2',
  `${'w'.repeat(33)}-1~1~w2`,
  '0.5~w1-1~1',
  '1.000001~w1-1~1',
  '-0.500000~w1-1~1',
  'NaN~w1-1~1',
  '2.000000~w1-1~1',
  '0.500000~w1-1~1~recorded',
  '.nfs0000000000000001',
  'w1-1~1~w2.tmp',
];

describe('names', () => {
  test('say all that an entry is', () => {
    fc.assert(
      fc.property(entry, (one) => {
        expect(parseName(one.state, nameOf(one))).toEqual(one);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('of anything else are nobody’s; what is read gives the same name again', () => {
    const states = ['training', 'alive', 'dead', 'hall-of-fame'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...states), fc.string({ unit: 'binary' }), (state, name) => {
        const read = parseName(state, name);
        if (read !== undefined) expect(nameOf(read)).toBe(name);
      }),
      { seed: 2, numRuns: 1000 },
    );
    for (const state of states) for (const name of hostile) expect(parseName(state, name)).toBeUndefined();
  });

  test('sort the living by fitness', () => {
    fc.assert(
      fc.property(fitness, fitness, (a, b) => {
        const nameWith = (value: number) => nameOf({ state: 'alive', id: 'w1-1', tenure: 1, fitness: value });
        expect(nameWith(a) < nameWith(b)).toBe(a < b);
      }),
      { seed: 3 },
    );
  });

  test('of individuals are told from paths and options', () => {
    expect(isIndividualId('w1-1')).toBe(true);
    for (const name of ['../w1-1', 'w1-1/..', '--help', 'w1', 'w1-', '-1', 'w1-1\n'])
      expect(isIndividualId(name)).toBe(false);
  });
});

test('foreign names are counted by nobody, and trouble nobody', async () => {
  const world = await newWorld();
  const me = await join(world);
  await raise(me, 0.5);
  for (const name of ['lost+found', '.DS_Store', 'w1-1', '0.5~w9-9~1']) {
    for (const state of ['training', 'alive', 'dead', 'hall-of-fame'])
      mkdirSync(`${world.root}/${state}/${name}`);
    writeFileSync(`${world.root}/control/${name}`, 'no order');
    writeFileSync(`${world.root}/history/${name}`, 'no record');
    mkdirSync(`${world.root}/workers/${name === 'w1-1' ? 'w99999999999999999999' : name}`);
  }
  const { size } = await (await openWorld(world)).living();
  expect(size).toBe(1);
  expect((await join(world)).name).toBe('w2');
});
