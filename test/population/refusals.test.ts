import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { SeededRandom } from '@galapagos/dna';
import {
  type Membership,
  PopulationError,
  admit,
  adopt,
  bury,
  collect,
  conceive,
  createExperiment,
  discard,
  kill,
  nodeFilesystem,
  publish,
  readExperiment,
  writeAttempt,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { FaultyFilesystem, type Operation } from '../support/faulty-filesystem.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import {
  bear,
  childOf,
  evaluate,
  experimentOf,
  first,
  join,
  joinFaulty,
  newWorld,
  openWorld,
  raise,
} from './support.js';

const WRITING: Operation[] = [
  'write',
  'append',
  'create',
  'makeDirectory',
  'rename',
  'link',
  'copy',
  'unlink',
  'removeDirectory',
  'sync',
];

const messages = {
  ENOSPC: /the disk is full/,
  EDQUOT: /the quota is used up/,
  EROFS: /the directory is read-only/,
  EACCES: /permission denied/,
};

/** Each prepares something while all is well, and returns what is tried when the filesystem refuses. */
const attempts: Record<string, (me: Membership) => Promise<() => Promise<unknown>>> = {
  conceive: async (me) => {
    const parent = await raise(me, 0.5);
    return () => conceive(me, childOf(parent));
  },
  admit: async (me) => {
    const id = (await conceive(me, first)) ?? '';
    return () => admit(me, id);
  },
  discard: async (me) => {
    const id = (await conceive(me, first)) ?? '';
    return () => discard(me, id);
  },
  adopt: async (me) => {
    const orphan = await bear(me);
    await evaluate(me, orphan, 0.5);
    return () => adopt(me, orphan);
  },
  'begin an attempt': async (me) => {
    const entry = await bear(me);
    return () => writeAttempt(me.population, entry, { attempt: 2, seed: '', fromStep: 0 });
  },
  publish: async (me) => {
    const entry = await bear(me);
    await evaluate(me, entry, 0.5);
    return () => publish(me.population, entry, 0.5);
  },
  bury: async (me) => {
    const entry = await bear(me);
    return () => bury(me, entry, { class: 'crash', reason: '', log: '' });
  },
  kill: async (me) => {
    const victim = await raise(me, 0.5);
    return () => kill(me, victim);
  },
  collect: async (me) => {
    await kill(me, await raise(me, 0.5));
    const dead = await me.population.dead();
    return () => collect(me, 1, dead);
  },
  beat: (me) => Promise.resolve(() => me.beat()),
  leave: (me) => Promise.resolve(() => me.leave()),
};

describe.each(Object.entries(messages))('a filesystem that says %s', (code, message) => {
  test.each(Object.entries(attempts))(
    'lets nobody %s, says what to do, and loses nothing',
    async (_what, prepare) => {
      const world = await newWorld();
      const { me, faulty } = await joinFaulty(world);
      const act = await prepare(me);
      const before = world.auditor.look();
      for (const operation of WRITING) faulty.fail({ operation, lasting: true }, code);
      const error: unknown = await act().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(PopulationError);
      expect(error).toMatchObject({ code: 'UNFIT' });
      expect(String(error)).toMatch(message);
      expect(String(error)).toContain(world.root);
      expect(world.auditor.look().size).toBe(before.size);
    },
  );
});

test('a failure that may pass leaves a beat what it is: a beat that failed', async () => {
  const { me, faulty } = await joinFaulty(await newWorld());
  faulty.fail({ operation: 'write', path: /beat/ }, 'EIO');
  await expect(me.beat()).rejects.toMatchObject({ code: 'EIO' });
});

test('an error of the program is not taken for one of the filesystem', async () => {
  const { me, faulty } = await joinFaulty(await newWorld());
  const victim = await raise(me, 0.5);
  faulty.before({ operation: 'rename' }, () => Promise.reject(new TypeError('a mistake')));
  await expect(kill(me, victim)).rejects.toThrow(TypeError);
});

describe('making an experiment', () => {
  const make = (root: string, filesystem = nodeFilesystem) =>
    createExperiment({ filesystem, random: new SeededRandom('make') }, root, experimentOf());

  test('makes the directories on the way, and is refused where there is one', async () => {
    const root = `${temporaryDirectory()}/a/b/c`;
    await make(root);
    expect(await readExperiment(nodeFilesystem, root)).toEqual(experimentOf());
    const other = { ...experimentOf(), createdAt: 'later' };
    const again = createExperiment(
      { filesystem: nodeFilesystem, random: new SeededRandom('x') },
      root,
      other,
    );
    await expect(again).rejects.toMatchObject({ code: 'EXPERIMENT_EXISTS' });
    expect((await readExperiment(nodeFilesystem, root)).createdAt).toBe(experimentOf().createdAt);
  });

  test.each(Object.entries(messages))('says what is the matter on %s', async (code, message) => {
    for (const operation of ['makeDirectory', 'write'] as const) {
      const faulty = new FaultyFilesystem(nodeFilesystem);
      faulty.fail({ operation, lasting: true }, code);
      const making = make(`${temporaryDirectory()}/new`, faulty);
      await expect(making).rejects.toMatchObject({ code: 'UNFIT', message });
    }
  });

  test('in a place that a file has is refused', async () => {
    const root = `${temporaryDirectory()}/file`;
    writeFileSync(root, '');
    await expect(make(root)).rejects.toMatchObject({ code: 'UNFIT' });
  });

  test.skipIf(process.getuid?.() === 0)('in a place where this user may not write is refused', async () => {
    const parent = temporaryDirectory();
    chmodSync(parent, 0o500);
    await expect(make(`${parent}/new`)).rejects.toMatchObject({ code: 'UNFIT', message: messages.EACCES });
  });

  test('without hard links is done by exclusive creation', async () => {
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.fail({ operation: 'link', lasting: true }, 'ENOTSUP');
    const root = `${temporaryDirectory()}/new`;
    await make(root, faulty);
    expect(await readExperiment(nodeFilesystem, root)).toEqual(experimentOf());
  });
});

describe('opening a population', () => {
  test('of which nothing is there says how one is made', async () => {
    const root = temporaryDirectory();
    await expect(readExperiment(nodeFilesystem, root)).rejects.toMatchObject({
      code: 'NO_EXPERIMENT',
      message: /galapagos init/,
    });
    await expect(readExperiment(nodeFilesystem, `${root}/nowhere`)).rejects.toMatchObject({
      code: 'NO_EXPERIMENT',
    });
  });

  test('whose layout is not whole is refused, so that no lost race is what it is not', async () => {
    const world = await newWorld();
    rmSync(`${world.root}/dead`, { recursive: true });
    await expect(openWorld(world)).rejects.toMatchObject({ code: 'NO_EXPERIMENT', message: /dead/ });
  });

  test('of a newer format is refused, before its fields are looked at', async () => {
    const world = await newWorld();
    writeFileSync(`${world.root}/experiment.json`, '{"format": 2, "new": true}');
    await expect(openWorld(world)).rejects.toMatchObject({ code: 'NEWER_FORMAT', message: /update/ });
  });

  test.each([
    ['cut short', '{"format": 1,', /not JSON/],
    ['with an unknown field', JSON.stringify({ ...experimentOf(), wings: 2 }), /wings/],
  ])('with a description %s names the file and the field', async (_what, text, message) => {
    const world = await newWorld();
    writeFileSync(`${world.root}/experiment.json`, text);
    await expect(openWorld(world)).rejects.toMatchObject({ code: 'NO_EXPERIMENT', message });
  });

  test('that cannot be read says why', async () => {
    const world = await newWorld();
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.fail({ operation: 'list', lasting: true }, 'EIO');
    await expect(openWorld(world, faulty)).rejects.toMatchObject({ code: 'UNFIT', message: /EIO/ });
  });

  test('joins nobody where nothing can be written', async () => {
    const world = await newWorld();
    const faulty = new FaultyFilesystem(nodeFilesystem);
    faulty.fail({ operation: 'makeDirectory', lasting: true }, 'EROFS');
    await expect(join(world, faulty)).rejects.toMatchObject({ code: 'UNFIT', message: messages.EROFS });
    expect(existsSync(`${world.root}/workers/w1`)).toBe(false);
  });
});

test('what is no directory is set aside, never adopted: through a link we would write outside of the experiment', async () => {
  const world = await newWorld();
  const me = await join(world);
  mkdirSync(`${world.root}/../elsewhere`);
  symlinkSync(`${world.root}/../elsewhere`, `${world.root}/training/w9-1~1~w9`);
  writeFileSync(`${world.root}/training/w9-2~1~w9`, '');
  for (const id of ['w9-1', 'w9-2']) {
    expect(await adopt(me, { state: 'training', id, tenure: 1, worker: 'w9' })).toBeUndefined();
  }
  expect(readdirSync(`${world.root}/training`)).toEqual([]);
  expect(readdirSync(`${world.root}/lost+found`)).toEqual(['000001', '000002']);
  expect(readdirSync(`${world.root}/../elsewhere`)).toEqual([]);
});
