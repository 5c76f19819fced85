import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import {
  type AliveEntry,
  admit,
  cleanStaging,
  conceive,
  discard,
  kill,
  nodeFilesystem,
  readTotals,
  sumTotals,
  workerNames,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { childOf, first, join, joinFaulty, newWorld, raise } from './support.js';

describe('a child', () => {
  test('is complete before anybody counts it: DNA, birth, and its parent’s weights, not copied', async () => {
    const world = await newWorld();
    const me = await join(world);
    const parent = await raise(me, 0.5);
    const id = await conceive(me, childOf(parent));
    expect((await me.population.living()).size).toBe(1);
    const folder = `${world.root}/workers/w1/staging/${id}`;
    expect(readdirSync(folder).sort()).toEqual(['birth.json', 'dna.json', 'inherited.safetensors']);
    expect(JSON.parse(readFileSync(`${folder}/birth.json`, 'utf8'))).toMatchObject({
      id: 'w1-2',
      parent: { id: 'w1-1', fitness: 0.5 },
      worker: 'w1',
    });
    expect(statSync(`${folder}/inherited.safetensors`).nlink).toBe(2);
  });

  test.each(['EPERM', 'EMLINK', 'EXDEV'])(
    'has a copy of the weights where linking gives %s',
    async (code) => {
      const world = await newWorld();
      const { me, faulty } = await joinFaulty(world);
      const parent = await raise(me, 0.5);
      faulty.fail({ operation: 'link' }, code);
      const id = await conceive(me, childOf(parent));
      const weights = readFileSync(`${world.root}/workers/w1/staging/${id}/inherited.safetensors`, 'utf8');
      expect(weights).toBe('the weights of w1-1');
    },
  );

  test('is made where a server repeats what it has done, and says that its folder is there', async () => {
    const { me, faulty } = await joinFaulty(await newWorld());
    faulty.fail({ operation: 'makeDirectory', path: /staging/ }, 'EEXIST', 'after');
    expect(await conceive(me, first)).toBe('w1-1');
    expect(await admit(me, 'w1-1')).toMatchObject({ id: 'w1-1', tenure: 1 });
  });

  test('inherits nothing after a mutation that resets the weights, nor from a parent that has none', async () => {
    const world = await newWorld();
    const me = await join(world);
    const parent = await raise(me, 0.5);
    const reset = { mutation: 'RESET-WEIGHTS', outcome: 'applied', detail: '' } as const;
    const [one, two] = [
      await conceive(me, { ...childOf(parent), mutations: [reset] }),
      await (async () => {
        rmSync(`${world.root}/alive/0.500000~w1-1~1/1/weights.safetensors`);
        return await conceive(me, childOf(parent));
      })(),
    ];
    for (const id of [one, two])
      expect(readdirSync(`${world.root}/workers/w1/staging/${id}`).sort()).toEqual([
        'birth.json',
        'dna.json',
      ]);
  });

  test.each(['kind', 'link'] as const)(
    'whose parent is killed before its %s leaves nothing behind',
    async (operation) => {
      const world = await newWorld();
      const { me, faulty } = await joinFaulty(world);
      const parent: AliveEntry = await raise(me, 0.5);
      const other = await join(world);
      faulty.before({ operation, path: /alive\/0/ }, () => kill(other, parent));
      expect(await conceive(me, childOf(parent))).toBeUndefined();
      expect(world.auditor.look()).toMatchObject({ litter: [], size: 0 });
    },
  );
});

describe('staging of a worker that was taken for gone', () => {
  test.each(['write', 'sync'] as const)(
    'may be cleared just before its %s: the child is given up, without an error',
    async (operation) => {
      const world = await newWorld();
      const { me, faulty } = await joinFaulty(world);
      const other = await join(world);
      faulty.before({ operation, path: /staging/ }, () => cleanStaging(other, me.name));
      const id = await conceive(me, first);
      // A write that was under way may have found the folder still there.
      if (id !== undefined) expect(await admit(me, id)).toBeUndefined();
      await cleanStaging(other, me.name);
      expect(world.auditor.look()).toMatchObject({ litter: [], size: 0 });
    },
  );

  test('is cleared by renames into the cleaner’s own trash, and deleted only there', async () => {
    const world = await newWorld();
    const me = await join(world);
    const id = (await conceive(me, first)) ?? '';
    const { me: cleaner, faulty } = await joinFaulty(world);
    // While it is being deleted its owner, who lives, admits it: that must find nothing, not half a child.
    let entry: unknown = 'not tried';
    faulty.before({ operation: 'unlink' }, async () => (entry = await admit(me, id)));
    await cleanStaging(cleaner, me.name);
    expect(entry).toBeUndefined();
    const touched = faulty.calls.filter(({ operation }) => /unlink|removeDirectory/.test(operation));
    expect(touched.length).toBeGreaterThan(0);
    for (const { path } of touched) expect(path).toContain(`workers/${cleaner.name}/trash/`);
    expect(world.auditor.look()).toMatchObject({ litter: [], size: 0 });
  });

  test('loses its child to the admission, where that was faster', async () => {
    const world = await newWorld();
    const me = await join(world);
    const id = (await conceive(me, first)) ?? '';
    const { me: cleaner, faulty } = await joinFaulty(world);
    faulty.before({ operation: 'rename' }, () => admit(me, id));
    await cleanStaging(cleaner, me.name);
    expect(world.auditor.look()).toMatchObject({ litter: [], size: 1 });
  });

  test('keeps what is no child, and follows no link', async () => {
    const world = await newWorld();
    const [me, cleaner] = [await join(world), await join(world)];
    mkdirSync(`${world.root}/precious`);
    writeFileSync(`${world.root}/precious/data`, 'mine');
    const staging = `${world.root}/workers/${me.name}/staging`;
    symlinkSync(`${world.root}/precious`, `${staging}/w1-9`);
    mkdirSync(`${staging}/w1-8~1`);
    writeFileSync(`${staging}/notes.txt`, '');
    await cleanStaging(cleaner, me.name);
    expect(readdirSync(staging).sort()).toEqual(['notes.txt', 'w1-8~1']);
    expect(readFileSync(`${world.root}/precious/data`, 'utf8')).toBe('mine');
  });

  test('need not be there: its worker may have died while it joined', async () => {
    const world = await newWorld();
    const me = await join(world);
    mkdirSync(`${world.root}/workers/w5`);
    await expect(cleanStaging(me, 'w5')).resolves.toBeUndefined();
  });
});

test('discarding is a rename first: an admission of our own that comes late finds nothing', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  const id = (await conceive(me, first)) ?? '';
  await discard(me, id);
  const deleted = faulty.calls.filter(({ operation }) => /unlink|removeDirectory/.test(operation));
  for (const { path } of deleted) expect(path).toContain('/trash/');
  const admission = nodeFilesystem.rename(
    `${world.root}/workers/w1/staging/${id}`,
    `${world.root}/training/${id}~1~w1`,
  );
  await expect(admission).rejects.toMatchObject({ code: 'ENOENT' });
  expect(world.auditor.look().litter).toEqual([]);
});

describe('a worker’s name', () => {
  test('is never used again, and its totals go on counting when it is gone', async () => {
    const world = await newWorld();
    const gone = await join(world);
    await raise(gone, 0.5);
    await gone.leave();
    const me = await join(world);
    await cleanStaging(me, gone.name);
    expect((await join(world)).name).toBe('w3');
    const names = await workerNames(me.population);
    const totals = await Promise.all(names.map((name) => readTotals(me.population, name)));
    expect(sumTotals(totals).births).toBe(1);
  });

  test('is claimed by mkdir: one that another took meanwhile is left to it', async () => {
    const world = await newWorld();
    const faulty = (await joinFaulty(world)).faulty;
    faulty.before({ operation: 'makeDirectory', path: /w2$/ }, ({ path }) =>
      nodeFilesystem.makeDirectory(path),
    );
    expect((await join(world, faulty)).name).toBe('w3');
  });
});

test('totals are written before the admission that they count', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  const id = (await conceive(me, first)) ?? '';
  let counted = -1;
  faulty.before({ operation: 'rename', path: /training/ }, async () => {
    counted = (await readTotals(me.population, me.name)).births;
  });
  await admit(me, id);
  expect(counted).toBe(1);
});

test('totals survive a rename whose answer was lost, and are read where NFS says ESTALE', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  me.totals.births = 7;
  faulty.fail({ operation: 'rename', path: /totals/ }, 'ENOENT', 'after');
  await me.writeTotals();
  faulty.fail({ operation: 'read', path: /totals/ }, 'ESTALE');
  expect((await readTotals(me.population, me.name)).births).toBe(7);
});
