import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import {
  type Membership,
  bestEntry,
  childrenOf,
  collect,
  descent,
  everyone,
  findIndividual,
  fsck,
  kill,
  lineage,
  outlineOf,
  unknowingHost,
} from '@galapagos/population';
import { expect, test } from 'vitest';
import { bear, childOf, join, joinFaulty, newWorld, raise } from './support.js';

async function census(me: Membership): Promise<[string, string][]> {
  return (await everyone(me.population)).map(({ id, state }): [string, string] => [id, state]).sort();
}

function without(record: object, ...keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

/** One in each place that there is. */
async function everywhere() {
  const world = await newWorld({ populationSize: 9 });
  const me = await join(world);
  const lost = [await raise(me, 0.3), await raise(me, 0.9), await raise(me, 0.4), await raise(me, 0.45)];
  const [recorded, famous, trashed, dead] = lost;
  if (recorded === undefined || famous === undefined || trashed === undefined || dead === undefined)
    throw new Error('they were raised');
  await kill(me, recorded);
  await kill(me, famous);
  await collect(me, 1, await me.population.dead());
  await kill(me, trashed);
  renameSync(`${world.root}/dead/${trashed.id}~1~w1`, `${world.root}/workers/w1/trash/${trashed.id}~1`);
  await kill(me, dead);
  await raise(me, 0.5);
  await bear(me);
  return { world, me, recorded, famous };
}

test('everyone is seen once, wherever it lies', async () => {
  const { me } = await everywhere();
  expect(await census(me)).toEqual([
    ['w1-1', 'collected'],
    ['w1-2', 'hall-of-fame'],
    ['w1-3', 'dead'],
    ['w1-4', 'dead'],
    ['w1-5', 'alive'],
    ['w1-6', 'training'],
  ]);
});

test('one that moves while others are read is not missed', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  const alive = await raise(me, 0.5);
  const other = await join(world);
  faulty.before({ operation: 'read', path: /alive.*dna/ }, () => kill(other, alive));
  expect(await census(me)).toEqual([['w1-1', 'dead']]);
});

test('what has the name of an individual and is none counts, and heads no view', async () => {
  const { world, me } = await everywhere();
  writeFileSync(`${world.root}/alive/1.000000~w9-1~1`, 'a file');
  mkdirSync(`${world.root}/alive/0.990000~w9-2~1/1`, { recursive: true });
  mkdirSync(`${world.root}/alive/0.980000~w9-3~999999999`);
  writeFileSync(`${world.root}/alive/0.980000~w9-3~999999999/dna.json`, '{');
  expect((await me.population.living()).size).toBe(5);
  const unreadable: string[] = [];
  for (const { id } of await everyone(me.population, { onUnreadable: (path) => unreadable.push(path) }))
    expect(id).toMatch(/^w1-/);
  expect(unreadable.sort()).toEqual([
    'alive/0.980000~w9-3~999999999',
    'alive/0.990000~w9-2~1',
    'alive/1.000000~w9-1~1',
  ]);
  expect((await bestEntry(me.population))?.id).toBe('w1-2');
  expect(await findIndividual(me.population, 'w9-1')).toBeUndefined();
  expect(await lineage(me.population, 'w9-2')).toEqual([]);
  const errors = (await fsck(me.population, unknowingHost)).filter(({ severity }) => severity === 'error');
  expect([...new Set(errors.map(({ path }) => path))].sort()).toEqual(unreadable);
});

test('an outline says what the individual says, also of records that another wrote, and never of torn ones', async () => {
  const { world, me, recorded } = await everywhere();
  const file = `${world.root}/history/w1.jsonl`;
  const outline = async () => (await everyone(me.population)).find(({ id }) => id === recorded.id);
  const whole = await findIndividual(me.population, recorded.id);
  if (whole === undefined) throw new Error('it was recorded');
  const rest = without(whole, 'dna', 'curve');
  expect(await outline()).toMatchObject(outlineOf(whole));
  const line =
    readFileSync(file, 'utf8')
      .split('\n')
      .find((text) => text.includes(`"id":"${recorded.id}"`)) ?? '';
  // Of an older version, and with its fields in another order.
  const older = without(JSON.parse(line) as Record<string, unknown>, 'attempt', 'curve');
  const disordered = Object.fromEntries(Object.entries(older).toReversed());
  for (const text of [older, disordered].map((record) => JSON.stringify(record))) {
    writeFileSync(file, text);
    expect(await outline()).toMatchObject(outlineOf(whole));
    expect(await findIndividual(me.population, recorded.id)).toMatchObject({ ...rest, attempt: undefined });
    expect(await lineage(me.population, recorded.id)).toHaveLength(1);
  }
  // Cut short, with a part that was never written, and no graph.
  const middle = Math.floor(line.indexOf('"birth"') / 2);
  const torn = [
    line.slice(0, -1),
    line.slice(0, line.indexOf('"birth"')),
    `${line.slice(0, middle)}${'\0'.repeat(20)}${line.slice(middle + 20)}`,
  ];
  for (const text of torn) {
    writeFileSync(file, `${text}\n`);
    expect(await outline()).toBeUndefined();
    expect(await lineage(me.population, recorded.id)).toEqual([]);
    // The next record of it, on a line of its own, is whole.
    writeFileSync(file, `${text}\n${line}\n`);
    expect(await outline()).toBeDefined();
    expect(await lineage(me.population, recorded.id)).toHaveLength(1);
  }
});

test('lines longer than what is read at once are put together', async () => {
  const { world, me, recorded } = await everywhere();
  const file = `${world.root}/history/w1.jsonl`;
  const lines = readFileSync(file, 'utf8');
  // 9 MB of a failure's log before it, and a newline where a part ends.
  const [text = ''] = lines.split('\n');
  const record = JSON.parse(text) as object;
  const failure = {
    format: 1,
    id: 'w7-1',
    tenure: 1,
    class: 'crash',
    reason: '',
    log: 'x'.repeat(9e6),
    failedAt: '',
  };
  writeFileSync(file, `\n${JSON.stringify({ ...record, id: 'w7-1', failure })}\n${lines}`);
  const ids = (await census(me)).map(([id]) => id);
  expect(ids).toContain('w7-1');
  expect(ids).toContain(recorded.id);
});

test('what came of an individual is a tree, the eldest first', async () => {
  const world = await newWorld({ populationSize: 9 });
  const me = await join(world);
  const one = await raise(me, 0.1);
  world.clock.advance(1);
  const two = await raise(me, 0.2, childOf(one));
  world.clock.advance(1);
  await raise(me, 0.3, childOf(one));
  await raise(me, 0.3, childOf(two));
  await kill(me, two);
  await collect(me, 0, await me.population.dead());
  expect(await descent(me.population, one.id)).toMatchObject({
    individual: { id: one.id },
    children: [
      {
        individual: { id: two.id, state: 'collected' },
        children: [{ individual: { id: 'w1-4' }, children: [] }],
      },
      { individual: { id: 'w1-3' }, children: [] },
    ],
  });
  expect(await descent(me.population, 'w9-9')).toBeUndefined();
  expect((await childrenOf(me.population, one.id)).map(({ id }) => id)).toEqual([two.id, 'w1-3']);
  expect(await childrenOf(me.population, 'w1-4')).toEqual([]);
});
