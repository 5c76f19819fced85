import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import {
  PopulationError,
  allEntries,
  bestEntry,
  collect,
  findIndividual,
  isPassing,
  kill,
  lineage,
  nodeFilesystem,
  readDna,
  readIndividual,
  summarize,
  unknowingHost,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { bear, childOf, join, joinFaulty, newWorld, openWorld, raise } from './support.js';

describe('the size', () => {
  test('counts one that is published during the count once, and misses none', async () => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    const { me: reader, faulty } = await joinFaulty(world);
    const entry = await bear(me);
    const publishing = () =>
      Promise.resolve(
        renameSync(
          `${world.root}/training/${entry.id}~1~${me.name}`,
          `${world.root}/alive/0.600000~${entry.id}~1`,
        ),
      );
    faulty.before({ operation: 'list', nth: 2 }, publishing);
    const { training, alive, size } = await reader.population.living();
    expect([training.length, alive.length, size]).toEqual([1, 2, 2]);
  });

  test('is not fooled by a listing that shows a name twice', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    await raise(me, 0.5);
    faulty.lie({ lasting: true }, (names) => [...names, ...names]);
    const { alive, size } = await me.population.living();
    expect([alive.length, size]).toEqual([1, 1]);
  });

  test('counts an individual that changes hands during the listing once', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    await bear(me);
    faulty.lie({ path: /training$/ }, (names) => [...names, 'w1-1~2~w2']);
    expect((await me.population.living()).size).toBe(1);
  });
});

describe('a directory that nobody moves', () => {
  test.each(['training', 'alive', 'dead', 'workers'])(
    '%s that answers ESTALE is looked at anew',
    async (below) => {
      const world = await newWorld();
      const { me, faulty } = await joinFaulty(world);
      const stale = { operation: 'list', path: new RegExp(`/${below}$`) } as const;
      faulty.fail(stale, 'ESTALE');
      expect(await me.population.list(below)).toEqual(below === 'workers' ? [me.name] : []);
      faulty.fail({ ...stale, lasting: true }, 'ESTALE');
      const refusal: unknown = await me.population.list(below).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'UNFIT' });
      // Not gone: whoever meets it is to be started again.
      expect(refusal instanceof PopulationError && isPassing(refusal.cause)).toBe(true);
    },
  );

  test.each([
    ['history', 'list', /history$/],
    ['what defines the experiment', 'read', /experiment\.json$/],
  ] as const)('%s: an experiment of which it answers ESTALE is one', async (_what, operation, path) => {
    const world = await newWorld();
    const faulty = new FaultyFilesystem(nodeFilesystem);
    for (let time = 0; time < (operation === 'read' ? 2 : 1); time++)
      faulty.fail({ operation, path }, 'ESTALE');
    expect((await openWorld(world, faulty)).experiment).toEqual((await openWorld(world)).experiment);
    faulty.fail({ operation, path, lasting: true }, 'ESTALE');
    await expect(openWorld(world, faulty)).rejects.toMatchObject({ code: 'UNFIT' });
  });
});

describe('an individual', () => {
  test('is found wherever it is, and after it was collected', async () => {
    const world = await newWorld();
    const me = await join(world);
    const entry = await bear(me);
    const states = [(await findIndividual(me.population, entry.id))?.state];
    const alive = await raise(me, 0.5);
    states.push((await findIndividual(me.population, alive.id))?.state);
    await kill(me, alive);
    states.push((await findIndividual(me.population, alive.id))?.state);
    await collect(me, 1, await me.population.dead());
    states.push((await findIndividual(me.population, alive.id))?.state);
    await collect(me, 0, []);
    states.push((await findIndividual(me.population, alive.id))?.state);
    expect(states).toEqual(['training', 'alive', 'dead', 'hall-of-fame', 'collected']);
    expect(await findIndividual(me.population, 'w9-9')).toBeUndefined();
  });

  test('is found when it moves just before it is read', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const alive = await raise(me, 0.5);
    const other = await join(world);
    faulty.before({ operation: 'read', path: /alive.*dna/ }, () => kill(other, alive));
    expect((await findIndividual(me.population, alive.id))?.state).toBe('dead');
  });

  test('that cannot be read says which file is wrong', async () => {
    const world = await newWorld();
    const me = await join(world);
    const entry = await raise(me, 0.5);
    const file = `${world.root}/alive/0.500000~w1-1~1/dna.json`;
    rmSync(file);
    expect(await readDna(me.population, entry)).toBeUndefined();
    symlinkSync(`${world.root}/experiment.json`, file);
    await expect(readDna(me.population, entry)).rejects.toMatchObject({ code: 'INVALID' });
    rmSync(file);
    writeFileSync(file, '{');
    await expect(readIndividual(me.population, entry)).rejects.toThrow(/dna\.json/);
  });

  test('has a line of ancestors, the collected among them', async () => {
    const world = await newWorld();
    const me = await join(world);
    const one = await raise(me, 0.4);
    const two = await raise(me, 0.5, childOf(one));
    await kill(me, one);
    const three = await raise(me, 0.6, childOf(two));
    const ids = async () => (await lineage(me.population, three.id)).map(({ id }) => id);
    expect(await ids()).toEqual(['w1-1', 'w1-2', 'w1-3']);
    await collect(me, 0, await me.population.dead());
    expect(await ids()).toEqual(['w1-1', 'w1-2', 'w1-3']);
    // A line that a mistake has bent into a circle has an end.
    const text = JSON.stringify({
      format: 1,
      id: two.id,
      parent: { id: three.id, fitness: 1 },
      mutations: [],
      worker: 'w1',
      bornAt: '',
    });
    writeFileSync(`${world.root}/alive/0.500000~w1-2~1/birth.json`, text);
    expect(await ids()).toEqual(['w1-2', 'w1-3']);
  });

  test('that is the best is so by its whole name, dead or alive', async () => {
    const world = await newWorld();
    const me = await join(world);
    expect(await bestEntry(me.population)).toBeUndefined();
    await raise(me, 0.5);
    await raise(me, 0.5);
    const best = await raise(me, 0.7);
    expect((await bestEntry(me.population))?.id).toBe(best.id);
    await kill(me, best);
    await collect(me, 1, await me.population.dead());
    expect(await bestEntry(me.population)).toMatchObject({ id: best.id, state: 'hall-of-fame' });
    expect(await allEntries(me.population)).toHaveLength(3);
  });
});

test('a summary says who works, who left, who is gone, and what all of them did', async () => {
  const world = await newWorld();
  const [left, gone, working] = [await join(world), await join(world), await join(world)];
  await raise(left, 0.5);
  await raise(gone, 0.6);
  await left.leave();
  await bear(working);
  // Whose process ended between its mkdir and its document: nobody ever hears of it again.
  mkdirSync(`${world.root}/workers/w9`);
  let asked = 0;
  const host = { ...unknowingHost, isGone: () => Promise.resolve(++asked === 2) };
  const summary = await summarize(working.population, host);
  const states = Object.fromEntries(summary.workers.map(({ name, state }) => [name, state]));
  expect(Object.values(states).sort()).toEqual(['gone', 'joining', 'left', 'working']);
  expect(states[left.name]).toBe('left');
  expect(summary).toMatchObject({ size: 3, setPoint: 4, dead: 0, totals: { births: 3 } });
  expect(summary.alive.map(({ fitness }) => fitness)).toEqual([0.6, 0.5]);
});
