import { mkdirSync, readdirSync } from 'node:fs';
import {
  type PopulationError,
  admit,
  adopt,
  conceive,
  discard,
  kill,
  nodeFilesystem,
  pathOf,
  publish,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import {
  type World,
  bear,
  evaluate,
  first,
  join,
  joinFaulty,
  newWorld,
  only,
  openWorld,
  raise,
} from './support.js';

async function twoPlaces(world: World) {
  const faulty = new FaultyFilesystem(nodeFilesystem);
  const population = await openWorld(world, faulty);
  mkdirSync(`${world.root}/dead/here`);
  return { faulty, move: () => population.move('dead/here', 'tests/there') };
}

describe('a rename that failed', () => {
  const ambiguous = ['ENOTCONN', 'EIO', 'ETIMEDOUT', 'ENOENT', 'ESTALE'];

  test.each(ambiguous)('with %s and happened all the same was ours', async (code) => {
    const { faulty, move } = await twoPlaces(await newWorld());
    faulty.fail({ operation: 'rename' }, code, 'after');
    expect(await move()).toBe(true);
  });

  test.each(ambiguous)('with %s is looked after by listing, never by asking for one name', async (code) => {
    const { faulty, move } = await twoPlaces(await newWorld());
    faulty.fail({ operation: 'rename' }, code, 'after');
    await move();
    const after = faulty.calls.slice(faulty.calls.findIndex(({ operation }) => operation === 'rename') + 1);
    expect(after.map(({ operation }) => operation)).toContain('list');
    expect(after.map(({ operation }) => operation)).not.toContain('kind');
  });

  test('because another was faster is a lost race', async () => {
    const world = await newWorld();
    const { faulty, move } = await twoPlaces(world);
    faulty.before({ operation: 'rename' }, () =>
      nodeFilesystem.rename(`${world.root}/dead/here`, `${world.root}/dead/elsewhere`),
    );
    expect(await move()).toBe(false);
  });

  test('with nothing gone and nothing come is an error that says why', async () => {
    const { faulty, move } = await twoPlaces(await newWorld());
    faulty.fail({ operation: 'rename' }, 'EIO');
    await expect(move()).rejects.toThrow(/EIO/);
  });

  test('without an answer, and the source taken by another since, was not ours', async () => {
    const world = await newWorld();
    const { faulty, move } = await twoPlaces(world);
    faulty.before({ operation: 'list', path: /tests$/ }, () =>
      nodeFilesystem.rename(`${world.root}/dead/here`, `${world.root}/dead/elsewhere`),
    );
    faulty.fail({ operation: 'rename' }, 'EIO');
    expect(await move()).toBe(false);
  });

  test.each(['EROFS', 'ENOSPC'])('with %s is no lost race, though another took the source', async (code) => {
    const world = await newWorld();
    const { faulty, move } = await twoPlaces(world);
    faulty.before({ operation: 'rename' }, async () => {
      await nodeFilesystem.rename(`${world.root}/dead/here`, `${world.root}/dead/elsewhere`);
      throw Object.assign(new Error(code), { code });
    });
    await expect(move()).rejects.toMatchObject({ code: 'UNFIT' });
  });

  test.each(['ENOTEMPTY', 'EEXIST', 'ESTALE'])(
    'onto what is there already (%s) was not ours',
    async (code) => {
      const world = await newWorld();
      const { faulty, move } = await twoPlaces(world);
      mkdirSync(`${world.root}/tests/there/full`, { recursive: true });
      faulty.fail({ operation: 'rename' }, code);
      expect(await move()).toBe(false);
      expect(readdirSync(`${world.root}/dead`)).toEqual(['here']);
    },
  );

  test('because the layout is gone is no lost race', async () => {
    const world = await newWorld();
    const population = await openWorld(world);
    await nodeFilesystem.removeDirectory(`${world.root}/dead`);
    await expect(population.move('alive/a', 'dead/b')).rejects.toThrow(
      expect.objectContaining({ code: 'NO_EXPERIMENT' }) as PopulationError,
    );
  });
});

describe('an answer that got lost', () => {
  test('on the way back from a kill: the kill counts', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const victim = await raise(me, 0.5);
    faulty.fail({ operation: 'rename', path: /dead/ }, 'ENOTCONN', 'after');
    expect(await kill(me, victim)).toBe(true);
    expect(world.auditor.look().ids.dead).toEqual([victim.id]);
  });

  test('a publication: it lives', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const entry = await bear(me);
    await evaluate(me, entry, 0.5);
    faulty.fail({ operation: 'rename', path: /alive/ }, 'ENOENT', 'after');
    expect(await publish(me.population, entry, 0.5)).toBe(true);
    expect(world.auditor.look().ids.alive).toEqual([entry.id]);
  });

  test('an admission carried out after we looked is adopted by us, as what it is: never trained', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const id = (await conceive(me, first)) ?? '';
    faulty.fail({ operation: 'rename', path: /training/ }, 'ENOENT');
    expect(await admit(me, id)).toBeUndefined();
    // The server carries it out now, and only then do we give the child up.
    await nodeFilesystem.rename(
      `${world.root}/workers/${me.name}/staging/${id}`,
      `${world.root}/training/${id}~1~${me.name}`,
    );
    await discard(me, id);
    const orphan = only(await me.population.training());
    expect(orphan).toEqual({ state: 'training', id, tenure: 1, worker: me.name });
    const adoption = await adopt(me, orphan);
    expect(adoption?.entry).toEqual({ ...orphan, tenure: 2 });
    expect(adoption?.continuation).toEqual({ kind: 'scratch', attempt: 1 });
    world.auditor.look();
  });

  test('an admission carried out after the child was given up finds nothing', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const id = (await conceive(me, first)) ?? '';
    faulty.fail({ operation: 'rename', path: /training/ }, 'ENOENT');
    expect(await admit(me, id)).toBeUndefined();
    // The rename of what is being deleted would bring half a child to life, if it were deleted in staging.
    let late: unknown;
    faulty.before({ operation: 'unlink', nth: 1 }, async () => {
      late = await nodeFilesystem
        .rename(`${world.root}/workers/${me.name}/staging/${id}`, `${world.root}/training/${id}~1~${me.name}`)
        .catch((error: unknown) => error);
    });
    await discard(me, id);
    expect(late).toMatchObject({ code: 'ENOENT' });
    expect(world.auditor.look()).toMatchObject({ size: 0, litter: [] });
  });
});

test('a late owner cannot publish what another adopted: it finds no source', async () => {
  const world = await newWorld();
  const [late, adopter] = [await join(world), await join(world)];
  const entry = await bear(late);
  await evaluate(late, entry, 0.5);
  const adoption = await adopt(adopter, entry);
  expect(await publish(late.population, entry, 0.5)).toBe(false);
  expect(await evaluate(late, entry, 0.6).catch(() => false)).toBe(false);
  expect(pathOf(only(await adopter.population.training()))).toBe(pathOf(adoption?.entry ?? entry));
  world.auditor.look();
});

test('a fitness that no name can hold is refused before anything moves', async () => {
  const world = await newWorld();
  const me = await join(world);
  const entry = await bear(me);
  for (const fitness of [NaN, -0.1, 1.1, Infinity])
    await expect(publish(me.population, entry, fitness)).rejects.toThrow(RangeError);
  expect(world.auditor.look().ids.training).toEqual([entry.id]);
});
