import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { collect, conceive, kill, nodeFilesystem, repair } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { first, join, joinFaulty, newWorld, only, openWorld, raise, sweeping } from './support.js';
import { alive, check, spoilt } from './spoilt.js';

describe('fsck --repair', () => {
  const repairing = { ...sweeping, hallOfFame: 1 };

  test('promises no repair of what it cannot name', async () => {
    const world = await newWorld();
    const population = await openWorld(world);
    writeFileSync(Buffer.concat([Buffer.from(`${world.root}/alive/`), Buffer.from([0xff, 0xfe, 0x78])]), '');
    const findings = await check(population);
    expect(findings).toEqual([
      {
        severity: 'warning',
        path: 'alive/\ufffd\ufffdx',
        problem: 'a name that is no UTF-8; it is not counted',
        fix: 'move it out of the experiment by hand: a shell can name it',
      },
    ]);
    await repair(population, sweeping);
    expect(await check(population)).toEqual(findings);
  });

  test.each(spoilt)('mends %s', async (_what, path, spoil, { severity }) => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    spoil(world.root);
    const { mended, left } = await repair(me.population, repairing);
    if (severity === 'note') {
      // Who knows whose it is.
      expect({ mended, left }).toMatchObject({ mended: [], left: [{ path }] });
      return;
    }
    expect(only(mended).path).toBe(path);
    expect(left).toEqual([]);
    if (path === 'hall-of-fame') {
      expect(readdirSync(`${world.root}/dead`)).toEqual(['w1-1~1~fsck']);
      return;
    }
    const name = path.slice(path.indexOf('/') + 1);
    expect(readdirSync(`${world.root}/lost+found/000001`).sort()).toEqual([name, 'why.json'].sort());
    expect(JSON.parse(readFileSync(`${world.root}/lost+found/000001/why.json`, 'utf8'))).toMatchObject({
      path,
      problem: mended[0]?.problem,
      setAsideAt: '2017-03-03T00:00:00.000Z',
    });
  });

  test('of two places keeps the later one, unless that is spoilt; of the recorded keeps the record', async () => {
    const world = await newWorld();
    const me = await join(world);
    const { root } = world;
    const entry = await raise(me, 0.5);
    const copy = (name: string) => cpSync(`${root}/${alive}`, `${root}/${name}`, { recursive: true });
    copy('training/w1-1~2~w1');
    copy('dead/w1-1~1~w1');
    await repair(me.population, repairing);
    expect(readdirSync(`${root}/training`)).toEqual(['w1-1~2~w1']);
    expect([...readdirSync(`${root}/alive`), ...readdirSync(`${root}/dead`)]).toEqual([]);
    renameSync(`${root}/training/w1-1~2~w1`, `${root}/${alive}`);
    mkdirSync(`${root}/training/w1-1~3~w1`);
    await repair(me.population, repairing);
    expect(readdirSync(`${root}/training`)).toEqual([]);
    await kill(me, entry);
    await collect(me, 1, await me.population.dead());
    renameSync(`${root}/hall-of-fame/0.500000~w1-1~1`, `${root}/${alive}`);
    expect((await repair(me.population, repairing)).left).toEqual([]);
    expect(readdirSync(`${root}/alive`)).toEqual([]);
    expect(readdirSync(`${root}/lost+found`)).toHaveLength(4);
  });

  test('repairs nothing that is newer or may not be read', async () => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    writeFileSync(`${world.root}/${alive}/birth.json`, '{"format":2}');
    expect(await repair(me.population, repairing)).toMatchObject({ mended: [], left: [{ path: alive }] });
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.fail({ operation: 'read', path: /birth/, lasting: true }, 'EACCES');
    const population = await openWorld(world, faulty);
    expect(await repair(population, repairing)).toMatchObject({
      mended: [],
      left: [{ fix: 'make it readable, and look again' }],
    });
  });

  test('leaves no empty folder where another was faster', async () => {
    const world = await newWorld();
    const me = await join(world);
    const entry = await raise(me, 0.5);
    rmSync(`${world.root}/${alive}/dna.json`);
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.before({ operation: 'rename', path: /alive/ }, () => kill(me, entry));
    const { mended } = await repair(await openWorld(world, faulty), repairing);
    // It is among the dead now, and no better there.
    expect(mended.map(({ path }) => path)).toEqual(['dead/w1-1~1~w1']);
    expect(readdirSync(`${world.root}/lost+found`)).toEqual(['000001']);
  });

  test.each(['before', 'after'])(
    'keeps one that comes into lost+found/ late, %s it is given up',
    async (when) => {
      const world = await newWorld();
      const me = await join(world);
      await raise(me, 0.5);
      rmSync(`${world.root}/${alive}/dna.json`);
      const faulty = new FaultyFilesystem(nodeFilesystem);
      // Answered with ESTALE, and carried out when the server comes to it: after the look.
      faulty.fail({ operation: 'rename', path: /lost/ }, 'ESTALE');
      const operation = when === 'before' ? 'unlink' : 'removeDirectory';
      faulty.before({ operation, path: /lost\+found/ }, () => {
        renameSync(`${world.root}/${alive}`, `${world.root}/lost+found/000001/0.500000~w1-1~1`);
        return Promise.resolve();
      });
      const { mended, left } = await repair(await openWorld(world, faulty), repairing);
      expect({ mended, left }).toMatchObject({ mended: [{ path: alive }], left: [] });
      const found = readdirSync(`${world.root}/lost+found`, { recursive: true });
      expect(found).toEqual(
        expect.arrayContaining(['000001/why.json', '000001/0.500000~w1-1~1/1/weights.safetensors']),
      );
    },
  );

  test('sets nothing aside for another that is not there any more', async () => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    cpSync(`${world.root}/${alive}`, `${world.root}/dead/w1-1~1~w9`, { recursive: true });
    rmSync(`${world.root}/dead/w1-1~1~w9/dna.json`);
    const faulty = new FaultyFilesystem(nodeFilesystem);
    // Another repair is faster, between the look for those in two places and that into their files.
    faulty.before({ operation: 'read', path: /alive.*dna.json/ }, () => {
      mkdirSync(`${world.root}/lost+found/000001`, { recursive: true });
      renameSync(`${world.root}/dead/w1-1~1~w9`, `${world.root}/lost+found/000001/w1-1~1~w9`);
      return Promise.resolve();
    });
    const result = await repair(await openWorld(world, faulty), repairing);
    expect(result).toEqual({ mended: [], left: [] });
    expect(readdirSync(`${world.root}/alive`)).toEqual(['0.500000~w1-1~1']);
  });

  test.each([1, 2, 3, 4])('takes no answer from a cache for a file that is gone, %i times', async (times) => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    for (const [path, operation] of [
      [/dna.json/, 'read'],
      [/weights/, 'readPart'],
    ] as const) {
      const faulty = new FaultyFilesystem(nodeFilesystem);
      for (let time = 0; time < times; time++) faulty.fail({ operation, path }, 'ESTALE');
      const { mended } = await repair(await openWorld(world, faulty), repairing);
      expect(mended).toEqual([]);
      faulty.fail({ operation, path, lasting: true }, 'ESTALE');
      const left = only((await repair(await openWorld(world, faulty), repairing)).left);
      expect(left.problem).toMatch(/is there, and cannot be read/);
      expect(left.repair).toBeUndefined();
    }
    expect(readdirSync(`${world.root}/alive`)).toEqual(['0.500000~w1-1~1']);
  });

  test('takes no individual for spoilt that answers nothing until it is renamed, as on Gluster', async () => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    await kill(me, await raise(me, 0.4));
    renameSync(`${world.root}/dead/w1-2~1~w1`, `${world.root}/workers/w1/trash/w1-2~1`);
    const faulty = new FaultyFilesystem(nodeFilesystem);
    for (const operation of ['read', 'readPart', 'list'] as const)
      faulty.fail({ operation, path: /w1-[12]~/, lasting: true }, 'ESTALE');
    const { mended, left } = await repair(await openWorld(world, faulty), repairing);
    expect(mended).toEqual([]);
    const paths = ['alive/0.500000~w1-1~1', 'workers/w1/trash/w1-2~1'];
    expect(new Set(left.map(({ path }) => path))).toEqual(new Set(paths));
    for (const { problem, repair: how } of left) {
      expect(problem).toMatch(/is there, and cannot be read/);
      expect(how).toBeUndefined();
    }
    for (const path of paths) expect(readdirSync(`${world.root}/${path}`)).toContain('dna.json');
  });

  const weights = `${alive}/1/weights.safetensors`;
  test.each<[string, string, (file: string) => void, boolean]>([
    ['weights that are a directory', weights, (file) => mkdirSync(file), true],
    ['weights that are a link', weights, (file) => symlinkSync('/etc/hostname', file), true],
    [
      'an evaluation of a newer version',
      `${alive}/1/evaluation.json`,
      (file) => writeFileSync(file, '{"format":99}'),
      false,
    ],
  ])('looks at the others beside %s', async (_what, path, put, isMended) => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    await raise(me, 0.6);
    rmSync(`${world.root}/alive/0.600000~w1-2~1/dna.json`);
    rmSync(`${world.root}/${path}`);
    put(`${world.root}/${path}`);
    const { mended, left } = await repair(me.population, repairing);
    const others = ['alive/0.600000~w1-2~1'];
    expect(mended.map((one) => one.path).sort()).toEqual(isMended ? [alive, ...others] : others);
    expect(left.map((one) => one.path)).toEqual(isMended ? [] : [alive]);
  });

  test('looks at the others beside weights that may not be read', async () => {
    const world = await newWorld();
    const me = await join(world);
    await raise(me, 0.5);
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.fail({ operation: 'readPart', path: /weights/, lasting: true }, 'EACCES');
    expect(await repair(await openWorld(world, faulty), repairing)).toMatchObject({
      mended: [],
      left: [{ path: alive, fix: 'make it readable, and look again' }],
    });
  });

  test('leaves what a newer worker has in its trash and its history', async () => {
    const world = await newWorld();
    const me = await join(world);
    for (const fitness of [0.5, 0.6]) {
      const entry = await raise(me, fitness);
      const file = `${world.root}/alive/${fitness.toFixed(6)}~${entry.id}~1/dna.json`;
      const dna = JSON.parse(readFileSync(file, 'utf8')) as object;
      await kill(me, entry);
      if (fitness === 0.6) {
        await collect(me, 1, await me.population.dead());
        continue;
      }
      const trash = `${world.root}/workers/w1/trash/${entry.id}~1`;
      renameSync(`${world.root}/dead/${entry.id}~1~w1`, trash);
      writeFileSync(`${trash}/dna.json`, JSON.stringify({ ...dna, format: 99 }));
    }
    // Of the one in the hall, too.
    writeFileSync(`${world.root}/history/w1.jsonl`, '{"format":99}\n');
    mkdirSync(`${world.root}/history/w7.jsonl`);
    const { mended, left } = await repair(me.population, repairing);
    expect(mended).toEqual([]);
    expect(left).toMatchObject([
      { path: 'workers/w1/trash/w1-1~1', fix: 'update Galapagos: a newer version wrote it' },
      { path: 'history/w1.jsonl:1', fix: 'update Galapagos: a newer version wrote it' },
      { path: 'history/w7.jsonl' },
    ]);
    expect(readdirSync(`${world.root}/workers/w1/trash`)).toEqual(['w1-1~1']);
    expect(readdirSync(`${world.root}/hall-of-fame`)).toHaveLength(1);
  });

  test('mends the others where it may not move one, and says why', async () => {
    const world = await newWorld();
    const me = await join(world);
    for (const fitness of [0.5, 0.6]) {
      const { id } = await raise(me, fitness);
      rmSync(`${world.root}/alive/${fitness.toFixed(6)}~${id}~1/dna.json`);
    }
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.fail({ operation: 'rename', path: /0.500000/, lasting: true }, 'EACCES');
    const { mended, left } = await repair(await openWorld(world, faulty), repairing);
    expect(mended.map(({ path }) => path)).toEqual(['alive/0.600000~w1-2~1']);
    expect(only(left)).toMatchObject({
      path: alive,
      fix: expect.stringMatching(/permission denied/) as string,
    });
    expect(readdirSync(`${world.root}/lost+found`)).toHaveLength(1);
  });

  test('keeps the reason beside what bears its name', async () => {
    const world = await newWorld();
    const me = await join(world);
    writeFileSync(`${world.root}/alive/why.json`, 'of a person');
    expect((await repair(me.population, repairing)).left).toEqual([]);
    const folder = `${world.root}/lost+found/000001`;
    expect(readdirSync(folder).sort()).toEqual(['why.json', 'why.json~']);
    expect(readFileSync(`${folder}/why.json~`, 'utf8')).toBe('of a person');
  });

  test('does as a worker would with what those who are gone left', async () => {
    const world = await newWorld();
    const [gone, me] = [await join(world), await join(world)];
    await conceive(gone, first);
    const { me: dying, faulty } = await joinFaulty(world);
    await kill(dying, await raise(dying, 0.5));
    faulty.fail({ operation: 'append' }, 'EIO');
    await expect(collect(dying, 0, await dying.population.dead())).rejects.toThrow();
    for (const one of [gone, dying]) await one.leave();
    world.auditor.look();
    const { mended, left } = await repair(me.population, repairing);
    expect(mended.map(({ path }) => path).sort()).toEqual(['workers/w1/staging', 'workers/w3/trash/w3-1~1']);
    expect(left).toEqual([]);
    expect(world.auditor.look().ids['hall-of-fame']).toEqual(['w3-1']);
  });

  test('finds a lock that is none, and takes it away', async () => {
    const world = await newWorld();
    const me = await join(world);
    mkdirSync(`${world.root}/dead.lock`);
    expect(await check(me.population)).toEqual([]);
    writeFileSync(`${world.root}/dead.lock/x`, '');
    expect(only(await check(me.population))).toMatchObject({ path: 'dead.lock', severity: 'warning' });
    expect((await repair(me.population, repairing)).left).toEqual([]);
    expect(readdirSync(`${world.root}/lost+found/000001`).sort()).toEqual(['dead.lock', 'why.json']);
  });
});
