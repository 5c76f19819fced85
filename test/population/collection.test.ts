import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {
  type Membership,
  bury,
  collect,
  findIndividual,
  fsck,
  kill,
  nodeFilesystem,
  takeTrash,
  unknowingHost,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { collected } from '../support/collected.js';
import { bear, join, joinFaulty, newWorld, only, raise } from './support.js';

async function dead(me: Membership, ...fitnesses: number[]) {
  for (const fitness of fitnesses) await kill(me, await raise(me, fitness));
  return await me.population.dead();
}

describe('whoever is collected', () => {
  test('is recorded whole, and then gone', async () => {
    const world = await newWorld();
    const me = await join(world);
    const entries = await dead(me, 0.5);
    world.auditor.look();
    expect(await collect(me, 0, entries)).toBe(1);
    const { ids, recorded } = world.auditor.look();
    expect(Object.values(ids).flat()).toEqual([]);
    expect([...recorded]).toEqual(['w1-1']);
    const record = only(await collected(me.population));
    expect(record.evaluation).toMatchObject({ fitness: 0.5 });
    expect(record.dna.vertices).toBeDefined();
  });

  test('is recorded with its failure, where it was buried', async () => {
    const world = await newWorld();
    const me = await join(world);
    await bury(me, await bear(me), { class: 'crash', reason: 'it crashed', log: 'the tail' });
    await collect(me, 5, await me.population.dead());
    expect(only(await collected(me.population)).failure).toMatchObject({ class: 'crash', log: 'the tail' });
    expect(await me.population.hallOfFame()).toEqual([]);
  });

  test('is recorded before anything of it is deleted', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const entries = await dead(me, 0.5, 0.6);
    const from = faulty.calls.length;
    await collect(me, 1, entries);
    const what = faulty.calls.slice(from).map(({ operation, to }) => `${operation} ${to ?? ''}`.trim());
    const appended = what.indexOf('append');
    expect(what.findIndex((one) => one.startsWith('unlink'))).toBeGreaterThan(appended);
    expect(what.findIndex((one) => /hall|recorded/.test(one))).toBeGreaterThan(appended);
    // The name of the history's file is on disk too.
    expect(what.indexOf('sync')).toBe(appended + 1);
  });

  test.each([
    ['has no whole DNA', 'dna.json', '{'],
    ['has no birth', 'birth.json', undefined],
    ['has neither an evaluation nor a failure', '1/evaluation.json', undefined],
    ['has an evaluation that is cut short', '1/evaluation.json', '{"format": 1'],
  ])('stays in the trash where it %s, for fsck to report', async (_what, file, content) => {
    const world = await newWorld();
    const me = await join(world);
    const entries = await dead(me, 0.5);
    const path = `${world.root}/dead/w1-1~1~w1/${file}`;
    if (content === undefined) rmSync(path);
    else writeFileSync(path, content);
    expect(await collect(me, 0, entries)).toBe(0);
    expect(await collect(me, 0, [])).toBe(0);
    expect(readdirSync(`${world.root}/workers/w1/trash`)).toEqual(['w1-1~1']);
    expect(readdirSync(`${world.root}/history`)).toEqual([]);
    const findings = await fsck(me.population, unknowingHost);
    expect(only(findings)).toMatchObject({ severity: 'warning', path: 'workers/w1/trash/w1-1~1' });
  });

  test('is found all the while', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const entries = await dead(me, 0.5);
    const other = await join(world);
    const seen: unknown[] = [];
    const look = async () => seen.push((await findIndividual(other.population, 'w1-1'))?.state);
    for (const path of [/trash/, /recorded/]) faulty.before({ operation: 'rename', path }, look);
    faulty.before({ operation: 'append' }, look);
    faulty.before({ operation: 'removeDirectory' }, look);
    await collect(me, 0, entries);
    await look();
    expect(seen).toEqual(['dead', 'dead', 'dead', 'collected', 'collected']);
  });
});

describe('of two collectors', () => {
  test('at the same dead, each is recorded once', async () => {
    const world = await newWorld();
    const [a, b] = [await join(world), await join(world)];
    const entries = await dead(a, 0.1, 0.2, 0.3, 0.4, 0.5);
    world.auditor.look();
    const counts = await Promise.all([collect(a, 1, entries), collect(b, 1, entries)]);
    expect(counts[0] + counts[1]).toBe(5);
    const { ids, recorded } = world.auditor.look();
    expect(ids).toMatchObject({ dead: [], trash: [], recorded: [], 'hall-of-fame': ['w1-5'] });
    expect(recorded.size).toBe(5);
  });

  test('one that was taken for gone drops what the other took over, half read', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const other = await join(world);
    const entries = await dead(me, 0.5);
    world.auditor.look();
    // After the DNA and the birth were read: the evaluation is missing now, and would be missing in the record.
    faulty.before({ operation: 'read', path: /evaluation/ }, async () => {
      await takeTrash(other, me.name);
      await collect(other, 0, []);
    });
    expect(await collect(me, 0, entries)).toBe(0);
    expect(only(await collected(me.population)).evaluation).toMatchObject({ fitness: 0.5 });
    world.auditor.look();
  });

  test('one that was taken for gone drops what the other took over just after it was read', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const other = await join(world);
    const entries = await dead(me, 0.5);
    world.auditor.look();
    // Its listing after the reading must show that it is gone; else it would be recorded a second time.
    faulty.before({ operation: 'read', path: /attempt/ }, () => takeTrash(other, me.name));
    expect(await collect(me, 0, entries)).toBe(0);
    expect(existsSync(`${world.root}/history/${me.name}.jsonl`)).toBe(false);
    expect(await collect(other, 0, [])).toBe(1);
    world.auditor.look();
  });

  test('both may record the same; it is read once, and kept once', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const other = await join(world);
    const entries = await dead(me, 0.5);
    world.auditor.look();
    faulty.before({ operation: 'append' }, async () => {
      await takeTrash(other, me.name);
      await collect(other, 3, []);
    });
    await collect(me, 3, entries);
    expect(readdirSync(`${world.root}/history`)).toHaveLength(2);
    expect(await collected(me.population)).toHaveLength(1);
    expect(world.auditor.look().ids['hall-of-fame']).toEqual(['w1-1']);
  });

  test('what one marked as recorded, and half deleted, the other only deletes', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const entries = await dead(me, 0.5);
    world.auditor.look();
    faulty.fail({ operation: 'unlink', nth: 2 }, 'EIO');
    await expect(collect(me, 0, entries)).rejects.toThrow(/EIO/);
    const other = await join(world);
    await takeTrash(other, me.name);
    expect(readdirSync(`${world.root}/workers/${other.name}/trash`)).toEqual(['w1-1~1~recorded']);
    expect(await collect(other, 0, [])).toBe(0);
    expect(readdirSync(`${world.root}/workers/${other.name}/trash`)).toEqual([]);
    expect(await collected(other.population)).toHaveLength(1);
    world.auditor.look();
  });
});

describe('the hall of fame', () => {
  test('keeps the best, with their weights, by a total order', async () => {
    const world = await newWorld();
    const me = await join(world);
    const collectAll = async (...fitnesses: number[]) => {
      const entries = await dead(me, ...fitnesses);
      world.auditor.look();
      await collect(me, 2, entries);
    };
    // Ties: the later name wins, for every collector alike.
    await collectAll(0.5, 0.5, 0.5);
    expect((await me.population.hallOfFame()).map(({ id }) => id).sort()).toEqual(['w1-2', 'w1-3']);
    await collectAll(0.4, 0.6);
    expect((await me.population.hallOfFame()).map(({ id }) => id).sort()).toEqual(['w1-3', 'w1-5']);
    expect(world.auditor.look().recorded.size).toBe(5);
  });

  test('shrinks with its places', async () => {
    const world = await newWorld();
    const me = await join(world);
    await collect(me, 3, await dead(me, 0.4, 0.5, 0.6));
    await collect(me, 1, []);
    expect((await me.population.hallOfFame()).map(({ fitness }) => fitness)).toEqual([0.6]);
  });

  test('loses nobody to a listing that shows a name twice', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    await collect(me, 2, await dead(me, 0.5, 0.6));
    faulty.lie({ path: /hall-of-fame$/, lasting: true }, (names) => [...names, ...names]);
    await collect(me, 2, []);
    expect(readdirSync(`${world.root}/hall-of-fame`)).toHaveLength(2);
  });
});

describe('emptying trash', () => {
  test('removes symbolic links, and nothing behind them', async () => {
    const world = await newWorld();
    const me = await join(world);
    mkdirSync(`${world.root}/precious`);
    writeFileSync(`${world.root}/precious/data`, 'mine');
    const entries = await dead(me, 0.5);
    symlinkSync(`${world.root}/precious`, `${world.root}/dead/w1-1~1~w1/link`);
    symlinkSync(`${world.root}/precious`, `${world.root}/workers/w1/trash/w9-9`);
    await collect(me, 0, entries);
    expect(readdirSync(`${world.root}/workers/w1/trash`)).toEqual([]);
    expect(readFileSync(`${world.root}/precious/data`, 'utf8')).toBe('mine');
  });

  test('puts up with one who still writes through an old path, and comes again', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const entries = await dead(me, 0.5);
    faulty.before({ operation: 'removeDirectory', path: /recorded$/ }, ({ path }) =>
      nodeFilesystem.write(`${path}/late`, 'x'),
    );
    expect(await collect(me, 0, entries)).toBe(1);
    expect(readdirSync(`${world.root}/workers/w1/trash`)).toEqual(['w1-1~1~recorded']);
    await collect(me, 0, []);
    expect(readdirSync(`${world.root}/workers/w1/trash`)).toEqual([]);
  });

  test('takes nothing from a worker that died before it had a trash', async () => {
    const world = await newWorld();
    const me = await join(world);
    mkdirSync(`${world.root}/workers/w7`);
    await expect(takeTrash(me, 'w7')).resolves.toBeUndefined();
  });
});
