import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { collect, conceive, kill, nodeFilesystem, publish } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { bear, evaluate, first, join, joinFaulty, newWorld, only, openWorld, raise } from './support.js';
import { alive, check, spoilt } from './spoilt.js';

describe('fsck', () => {
  test('finds nothing where nothing is', async () => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    await bear(me);
    await conceive(me, first);
    await kill(me, await raise(me, 0.4));
    await collect(me, 1, await me.population.dead());
    expect(await check(me.population)).toEqual([]);
  });

  test.each(spoilt)('finds %s', async (_what, path, spoil, expected) => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    spoil(world.root);
    const found = only(await check(me.population));
    expect(found).toMatchObject({ path, severity: expected.severity });
    expect(found.problem).toMatch(expected.problem);
    expect(found.fix).not.toBe('');
  });

  test('finds an individual in two places, and one that is recorded and lives', async () => {
    const world = await newWorld();
    const me = await join(world);
    const entry = await raise(me, 0.5);
    const text = (await nodeFilesystem.read(`${world.root}/${alive}/birth.json`)).toString();
    mkdirSync(`${world.root}/training/w1-1~2~w1`);
    writeFileSync(`${world.root}/training/w1-1~2~w1/birth.json`, text);
    expect((await check(me.population)).map(({ problem }) => problem)).toContainEqual(
      expect.stringMatching(/w1-1 is in 2 places/),
    );
    rmSync(`${world.root}/training/w1-1~2~w1`, { recursive: true });
    await kill(me, entry);
    await collect(me, 1, await me.population.dead());
    renameSync(`${world.root}/hall-of-fame/0.500000~w1-1~1`, `${world.root}/${alive}`);
    expect(only(await check(me.population))).toMatchObject({
      severity: 'error',
      path: 'history/w1.jsonl:1',
      problem: expect.stringMatching(/recorded as dead, and lives/) as string,
    });
  });

  test('notes what the next worker mends', async () => {
    const world = await newWorld();
    const [gone, me] = [await join(world), await join(world)];
    await conceive(gone, first);
    const entry = await bear(gone);
    const { me: dying, faulty } = await joinFaulty(world);
    await kill(dying, await raise(dying, 0.5));
    faulty.fail({ operation: 'append' }, 'EIO');
    await expect(collect(dying, 0, await dying.population.dead())).rejects.toThrow();
    for (const one of [gone, dying]) await one.leave();
    const findings = await check(me.population);
    expect(findings.map(({ severity }) => severity)).toEqual(['note', 'note', 'note']);
    expect(findings.map(({ path }) => path).sort()).toEqual([
      `training/${entry.id}~1~w1`,
      'workers/w1/staging',
      'workers/w3/trash/w3-1~1',
    ]);
  });

  test('does not cry over what moves while it looks', async () => {
    const world = await newWorld();
    const me = await join(world);
    const entry = await raise(me, 0.5);
    const faulty = new FaultyFilesystem(nodeFilesystem);
    const population = await openWorld(world, faulty);
    // Killed just before it is read, collected just before the history is.
    faulty.before({ operation: 'kind' }, () => kill(me, entry));
    faulty.before({ operation: 'list', path: /history$/, nth: 2 }, async () =>
      collect(me, 0, await me.population.dead()),
    );
    expect(await check(population)).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7])(
    'does not see two of one that is published before listing %i of the living',
    async (nth) => {
      const world = await newWorld();
      const me = await join(world);
      const entry = await bear(me);
      await evaluate(me, entry, 0.5);
      const faulty = new FaultyFilesystem(nodeFilesystem);
      const population = await openWorld(world, faulty);
      faulty.before({ operation: 'list', path: /alive$/, nth }, () => publish(me.population, entry, 0.5));
      expect(await check(population)).toEqual([]);
    },
  );
});
