import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {
  Digester,
  type Membership,
  collect,
  everyone,
  findIndividual,
  findWaste,
  fsck,
  kill,
  lineage,
  outlineOf,
  sweep,
  unknowingHost,
} from '@galapagos/population';
import { expect, test } from 'vitest';
import { type World, childOf, join, joinFaulty, newWorld, raise, sweeping } from './support.js';

/** Raises, kills and records so many, each the child of the one before. */
async function record(me: Membership, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const [parent] = await me.population.alive();
    const child = await raise(me, 0.5, ...(parent === undefined ? [] : [childOf(parent)]));
    if (parent !== undefined) await kill(me, parent);
    expect(child.id).toBeDefined();
  }
  await collect(me, 0, await me.population.dead());
}

async function census(me: Membership): Promise<string[]> {
  return (await everyone(me.population)).map(({ id, state }) => `${id} ${state}`).sort();
}

const digestsOf = (world: World) => readdirSync(`${world.root}/digests`).sort();
const historyOf = (world: World, me: Membership) => `${world.root}/history/${me.name}.jsonl`;

/** Everything in a history but its newlines becomes zeros: what is still listed comes from elsewhere. */
function erase(file: string): void {
  writeFileSync(file, readFileSync(file, 'latin1').replace(/[^\n]/g, '\0'));
}

async function recordedWorld(count = 5) {
  const world = await newWorld({ populationSize: 9 });
  const me = await join(world);
  await record(me, count);
  return { world, me, digester: new Digester(me) };
}

test('what a digest covers is not read in the history, and says the same', async () => {
  const { world, me, digester } = await recordedWorld();
  const before = await everyone(me.population);
  expect(await digester.digest()).toBe(0);
  expect(await digester.digest(1)).toBe(4);
  expect(digestsOf(world)).toEqual(['w1-1~4']);
  expect(await digester.digest(1)).toBe(0);
  const after = await everyone(me.population);
  for (const [index, { id, state, parent, fitness, details }] of before.entries())
    expect(after[index]).toMatchObject({ id, state, parent, fitness, details });
  erase(historyOf(world, me));
  expect(await census(me)).toEqual([
    'w1-1 collected',
    'w1-2 collected',
    'w1-3 collected',
    'w1-4 collected',
    'w1-5 alive',
  ]);
});

test('one of whom a digest speaks is read whole where its record stands', async () => {
  const { me, digester } = await recordedWorld();
  const before = await findIndividual(me.population, 'w1-2');
  await digester.digest(1);
  expect(await findIndividual(me.population, 'w1-2')).toEqual(before);
  const line = await lineage(me.population, 'w1-5');
  expect(line.map(({ id }) => id)).toEqual(['w1-1', 'w1-2', 'w1-3', 'w1-4', 'w1-5']);
  const [outline] = (await everyone(me.population)).filter(({ id }) => id === 'w1-2');
  if (before === undefined) throw new Error('it was recorded');
  expect(outline).toMatchObject(outlineOf(before));
});

test('what is recorded later is found beside it', async () => {
  const { world, me, digester } = await recordedWorld(3);
  await digester.digest(1);
  const other = await join(world);
  await record(me, 2);
  await record(other, 2);
  expect(await census(me)).toHaveLength(7);
  expect(await digester.digest(1)).toBe(4);
  erase(historyOf(world, me));
  expect(await census(other)).toHaveLength(7);
});

test.each([
  ['removed', (file: string) => rmSync(file)],
  ['cut short', (file: string) => truncateSync(file, readFileSync(file).length - 1)],
  ['empty', (file: string) => truncateSync(file, 0)],
  ['longer than it was', (file: string) => appendFileSync(file, 'w1-9\t\t\tw1\t0\t5\t{}\n')],
  [
    'zeros within',
    (file: string) => writeFileSync(file, readFileSync(file, 'latin1').replace('w1-2', '\0\0\0\0')),
  ],
  [
    'no number',
    (file: string) => writeFileSync(file, readFileSync(file, 'latin1').replace(/\t[0-9]+\t\{/, '\tx\t{')),
  ],
  ['a directory', (file: string) => (rmSync(file), mkdirSync(file))],
])('a digest that is %s costs nobody anything', async (_what, spoil) => {
  const { world, me, digester } = await recordedWorld();
  const before = await census(me);
  await digester.digest(1);
  spoil(`${world.root}/digests/w1-1~4`);
  expect(await census(me)).toEqual(before);
  const other = new Digester(await join(world));
  expect(await other.digest(1)).toBe(4);
  expect(await census(me)).toEqual(before);
});

test('one that was never finished goes when it is seen a second time', async () => {
  const { world, digester } = await recordedWorld();
  mkdirSync(`${world.root}/digests`);
  writeFileSync(`${world.root}/digests/w7-1~64`, '{"format":1,');
  await digester.digest();
  expect(digestsOf(world)).toEqual(['w7-1~64']);
  await digester.digest();
  expect(digestsOf(world)).toEqual([]);
});

test('many of about the same size become one, also under the eyes of a reader', async () => {
  const world = await newWorld({ populationSize: 9 });
  const { me, faulty } = await joinFaulty(world);
  const digester = new Digester(me);
  for (let n = 0; n < 8; n++) {
    expect(await digester.condense()).toBe(false);
    await record(me, 2);
    await digester.digest(1);
  }
  const before = await census(me);
  erase(historyOf(world, me));
  const reader = (await join(world)).population;
  const seen: number[] = [];
  for (let nth = 0; nth < 8; nth++)
    faulty.before({ operation: 'unlink', path: /digests/ }, async () => {
      seen.push((await everyone(reader)).length);
    });
  expect(await digester.condense()).toBe(true);
  expect(digestsOf(world)).toEqual(['w1-9~15']);
  expect(seen.length).toBeGreaterThan(0);
  expect(new Set(seen)).toEqual(new Set([16]));
  expect(await census(me)).toEqual(before);
  expect(await digester.condense()).toBe(false);
});

test('a line that another is writing is not taken for torn', async () => {
  const { world, me } = await recordedWorld();
  const other = await join(world);
  const file = historyOf(world, me);
  const whole = readFileSync(file);
  const end = whole.lastIndexOf('\n', whole.length - 2) + 1;
  // As a client sees it that knows the length of the file already, and its contents not yet.
  writeFileSync(
    file,
    Buffer.concat([whole.subarray(0, end), Buffer.alloc(whole.length - end - 1), Buffer.from('\n')]),
  );
  expect(await new Digester(other).digest(1)).toBe(3);
  writeFileSync(file, whole);
  expect(await census(me)).toHaveLength(5);
  expect(await new Digester(other).digest(1)).toBe(1);
});

test('torn lines of our own, and of one who left a minute ago, are left behind', async () => {
  const { world, me, digester } = await recordedWorld();
  appendFileSync(historyOf(world, me), '{"format":1,"id":"w1-\n');
  expect(await digester.digest(1)).toBe(4);
  const gone = await join(world);
  await record(gone, 2);
  appendFileSync(historyOf(world, gone), '{"format":1,"id":"w2-\n');
  await record(gone, 2);
  await gone.leave();
  expect(await digester.digest(1)).toBe(2);
  expect(await digester.digest(1)).toBe(0);
  world.clock.advance(61);
  expect(await digester.digest(1)).toBe(2);
  expect(await census(me)).toHaveLength(9);
  // It never grows again, and is not opened any more.
  rmSync(historyOf(world, gone));
  mkdirSync(historyOf(world, gone));
  expect(await census(me)).toHaveLength(9);
});

test('a history that cannot be read does not keep the others from being digested', async () => {
  const { world, digester } = await recordedWorld();
  mkdirSync(`${world.root}/history/w0.jsonl`);
  expect(await digester.digest(1)).toBe(4);
});

test('a sweep digests a long history that has none', async () => {
  const { world, me } = await recordedWorld(70);
  const waste = await findWaste(me.population, unknowingHost);
  expect(waste.isUndigested).toBe(true);
  await sweep(me.population, waste, { ...sweeping, hallOfFame: 0 });
  expect(digestsOf(world)).toEqual(['w2-1~69']);
  expect((await findWaste(me.population, unknowingHost)).isUndigested).toBe(false);
});

test('fsck compares them with the histories', async () => {
  const { world, me, digester } = await recordedWorld();
  await digester.digest(1);
  const findings = async () =>
    (await fsck(me.population, unknowingHost)).filter(({ path }) => path.startsWith('digests'));
  expect(await findings()).toEqual([]);
  const file = `${world.root}/digests/w1-1~4`;
  const text = readFileSync(file, 'latin1');
  // One whose record is elsewhere.
  writeFileSync(file, text.replace(/(\nw1-2\t.*\tw1\t)[0-9]/, '$19'));
  expect(await findings()).toMatchObject([{ severity: 'warning', path: 'digests/w1-1~4' }]);
  // One of whom the histories know nothing: nobody can tell which of the two is wrong, and this may be all that is left.
  writeFileSync(file, text.replace('\nw1-2\t', '\nw1-9\t'));
  const [lost] = await findings();
  expect(lost).toMatchObject({
    severity: 'error',
    path: 'digests/w1-1~4',
    problem: expect.stringContaining('w1-9') as string,
  });
  expect(lost?.repair).toBeUndefined();
  mkdirSync(`${world.root}/digests/mine`);
  expect(await findings()).toHaveLength(2);
});
