import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {
  Population,
  adopt,
  cleanStaging,
  collect,
  conceive,
  everyone,
  findIndividual,
  giveOrder,
  kill,
  localFilesystem,
  nodeFilesystem,
  politely,
  repair,
  takeTrash,
  unknowingHost,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { setAside } from '../../packages/population/src/set-aside.js';
import { bear, childOf, evaluate, join, newWorld, openWorld, raise } from './support.js';

const filesystems = [
  ['node', nodeFilesystem],
  ['local', localFilesystem],
] as const;

/** Something outside of the experiment, and what is in it. */
function elsewhere(root: string): { path: string; contents: () => string[] } {
  const path = `${root}/../elsewhere`;
  mkdirSync(`${path}/trash/w9-1`, { recursive: true });
  mkdirSync(`${path}/staging/w9-2`, { recursive: true });
  writeFileSync(`${path}/trash/w9-1/precious`, 'yes');
  writeFileSync(`${path}/beat`, 'left');
  const contents = () => (readdirSync(path, { recursive: true }) as string[]).sort();
  return { path, contents };
}

describe.each(filesystems)('what is in the place of a file (%s)', (_name, filesystem) => {
  test.each(['a pipe', 'a directory', 'a link'])('is not written to: %s', async (what) => {
    const { root } = await newWorld();
    const file = `${root}/x`;
    if (what === 'a pipe') execFileSync('mkfifo', [file]);
    else if (what === 'a directory') mkdirSync(file);
    else symlinkSync(`${root}/experiment.json`, file);
    const before = readFileSync(`${root}/experiment.json`, 'utf8');
    await expect(filesystem.write(file, 'gone')).rejects.toThrow();
    await expect(filesystem.append(file, 'gone')).rejects.toThrow();
    expect(readFileSync(`${root}/experiment.json`, 'utf8')).toBe(before);
  });

  test('that is longer than memory is not read at once', async () => {
    const { root } = await newWorld();
    writeFileSync(`${root}/x`, '');
    truncateSync(`${root}/x`, 2 ** 40);
    await expect(filesystem.read(`${root}/x`)).rejects.toMatchObject({ code: 'EFBIG' });
  });
});

describe('through a symbolic link', () => {
  test.each(['the folder of a worker', 'its trash'])('nothing is cleared away: %s', async (what) => {
    const world = await newWorld();
    const me = await join(world);
    const { path, contents } = elsewhere(world.root);
    const before = contents();
    if (what === 'its trash') mkdirSync(`${world.root}/workers/w9`);
    symlinkSync(path, what === 'its trash' ? `${world.root}/workers/w9/trash` : `${world.root}/workers/w9`);
    await cleanStaging(me, 'w9');
    await takeTrash(me, 'w9');
    await collect(me, 10, []);
    expect(contents()).toEqual(before);
  });

  test('nothing is set aside: what is in the place of lost+found is moved beside', async () => {
    const world = await newWorld();
    const population = await openWorld(world);
    const { path, contents } = elsewhere(world.root);
    const before = contents();
    symlinkSync(path, `${world.root}/lost+found`);
    writeFileSync(`${world.root}/alive/nonsense`, '');
    expect(await setAside(population, 'alive/nonsense', 'foreign')).toBe('lost+found/000001/nonsense');
    expect(readdirSync(`${world.root}/lost+found/000001`).sort()).toEqual(['nonsense', 'why.json']);
    expect(readdirSync(world.root).filter((name) => name.startsWith('lost+found.'))).toHaveLength(1);
    expect(contents()).toEqual(before);
  });

  test('no population is opened, where it leads to one of its directories', async () => {
    const world = await newWorld();
    const { path } = elsewhere(world.root);
    rmSync(`${world.root}/alive`, { recursive: true });
    symlinkSync(path, `${world.root}/alive`);
    await expect(openWorld(world)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('alive: it is a symbolic link') as string,
    });
  });

  test('no tenure is begun: what lies there goes out of the way', async () => {
    const world = await newWorld();
    const gone = await join(world);
    const me = await join(world);
    const entry = await bear(gone);
    const { path, contents } = elsewhere(world.root);
    const before = contents();
    symlinkSync(path, `${world.root}/training/${entry.id}~1~${gone.name}/2`);
    const adoption = await adopt(me, entry);
    expect(adoption).toMatchObject({ entry: { tenure: 2 }, continuation: { kind: 'scratch' } });
    expect(await evaluate(me, { ...entry, tenure: 2, worker: me.name }, 0.5)).toBe(true);
    expect(contents()).toEqual(before);
  });
});

describe('an orphan', () => {
  test('of the highest tenure is set aside', async () => {
    const world = await newWorld();
    const me = await join(world);
    const entry = await bear(await join(world));
    const last = { ...entry, tenure: 999_999_999 };
    renameSync(
      `${world.root}/training/${entry.id}~1~${entry.worker}`,
      `${world.root}/training/${entry.id}~999999999~${entry.worker}`,
    );
    expect(await adopt(me, last)).toBeUndefined();
    expect(readdirSync(`${world.root}/training`)).toEqual([]);
  });

  test('of a tenure that is almost the highest is adopted in no time', async () => {
    const world = await newWorld();
    const me = await join(world);
    const entry = await bear(await join(world));
    renameSync(
      `${world.root}/training/${entry.id}~1~${entry.worker}`,
      `${world.root}/training/${entry.id}~999999998~${entry.worker}`,
    );
    expect(await adopt(me, { ...entry, tenure: 999_999_998 })).toMatchObject({
      continuation: { kind: 'scratch', attempt: 2 },
    });
  });

  test.each([
    ['without a DNA', (folder: string) => rmSync(`${folder}/dna.json`)],
    ['of another’s birth', (folder: string) => writeFileSync(`${folder}/birth.json`, '{}')],
  ])('%s is set aside with the reason', async (_what, spoil) => {
    const world = await newWorld();
    const me = await join(world);
    const entry = await bear(await join(world));
    spoil(`${world.root}/training/${entry.id}~1~${entry.worker}`);
    expect(await adopt(me, entry)).toBeUndefined();
    const why = JSON.parse(readFileSync(`${world.root}/lost+found/000001/why.json`, 'utf8')) as object;
    expect(why).toMatchObject({ problem: expect.stringMatching(/(dna|birth)\.json/) as string });
  });

  test.each(['a directory', 'a pipe', 'a link'])(
    'whose weights or checkpoint are %s is brought up again',
    async (what) => {
      const world = await newWorld();
      const me = await join(world);
      const entry = await bear(await join(world));
      const folder = `${world.root}/training/${entry.id}~1~${entry.worker}/1`;
      expect(await evaluate(await join(world), entry, 0.5)).toBe(true);
      rmSync(`${folder}/weights.safetensors`);
      for (const name of ['weights.safetensors', `checkpoint~1~2~${'0'.repeat(16)}.safetensors`]) {
        if (what === 'a directory') mkdirSync(`${folder}/${name}`);
        else if (what === 'a pipe') execFileSync('mkfifo', [`${folder}/${name}`]);
        else symlinkSync('/etc/passwd', `${folder}/${name}`);
      }
      expect(await adopt(me, entry)).toMatchObject({ continuation: { kind: 'scratch' } });
    },
  );
});

describe('a worker goes on', () => {
  test('whose totals or beat have something else in their place', async () => {
    const world = await newWorld();
    const me = await join(world);
    const own = `${world.root}/workers/${me.name}`;
    mkdirSync(`${own}/totals.json.new`);
    await me.writeTotals();
    rmSync(`${own}/beat`);
    execFileSync('mkfifo', [`${own}/beat`]);
    await me.beat();
    expect(readFileSync(`${own}/beat`, 'utf8')).toBe('2\n');
  });

  test('whose history was begun by another, in a line of its own', async () => {
    const world = await newWorld();
    const me = await join(world);
    const victim = await raise(me, 0.5);
    writeFileSync(`${world.root}/history/${me.name}.jsonl`, '{"format":1,"id":"w9-');
    await kill(me, victim);
    await collect(me, 0, await me.population.dead());
    expect((await findIndividual(me.population, victim.id))?.state).toBe('collected');
  });

  test.each(['a file', 'a folder with something in it', 'a link'])(
    'where the lock of collectors is %s',
    async (what) => {
      const world = await newWorld();
      const lock = `${world.root}/dead.lock`;
      if (what === 'a file') writeFileSync(lock, '');
      else if (what === 'a link') symlinkSync(elsewhere(world.root).path, lock);
      else mkdirSync(`${lock}/x`, { recursive: true });
      if (what !== 'a link') utimesSync(lock, 1, 1);
      else utimesSync(`${world.root}/../elsewhere`, 1, 1);
      expect(await politely(`${world.root}/dead`, () => Promise.resolve('collected'))).toBe('collected');
    },
  );

  test('where something was put into the lock that it holds', async () => {
    const world = await newWorld();
    const lock = `${world.root}/dead.lock`;
    const work = () => Promise.resolve(writeFileSync(`${lock}/x`, ''));
    await expect(politely(`${world.root}/dead`, work)).resolves.toBeUndefined();
  });

  test('whose parent has no weights but a directory of their name', async () => {
    const world = await newWorld();
    const me = await join(world);
    const parent = await raise(me, 0.5);
    const weights = `${world.root}/alive/0.500000~${parent.id}~1/1/weights.safetensors`;
    rmSync(weights);
    mkdirSync(weights);
    expect(await conceive(me, childOf(parent))).toBeDefined();
  });
});

describe('of the history', () => {
  test('a line without an end takes no memory, and what comes after it is read', async () => {
    const world = await newWorld();
    const me = await join(world);
    const victim = await raise(me, 0.5);
    const file = `${world.root}/history/a.jsonl`;
    writeFileSync(file, '');
    truncateSync(file, 300e6);
    await kill(me, victim);
    await collect(me, 0, await me.population.dead());
    const own = readFileSync(`${world.root}/history/${me.name}.jsonl`);
    writeFileSync(file, Buffer.concat([Buffer.from('\n'), own]), { flag: 'a' });
    rmSync(`${world.root}/history/${me.name}.jsonl`);
    const before = process.memoryUsage().arrayBuffers;
    expect((await findIndividual(me.population, victim.id))?.id).toBe(victim.id);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150e6);
  });

  test('an id that is a path is none', async () => {
    const world = await newWorld();
    const me = await join(world);
    await kill(me, await raise(me, 0.5));
    await collect(me, 0, await me.population.dead());
    const file = `${world.root}/history/${me.name}.jsonl`;
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"w1-1"', '"../../x\\u0000"'));
    expect(await everyone(me.population)).toEqual([]);
  });
});

describe('orders', () => {
  test('are given beside what is none', async () => {
    const world = await newWorld();
    const population = await openWorld(world);
    mkdirSync(`${world.root}/control/000001`);
    symlinkSync('/dev/zero', `${world.root}/control/000002`);
    execFileSync('mkfifo', [`${world.root}/control/999999`]);
    expect(await giveOrder(population, { order: 'stop' })).toBe(1_000_000);
    expect(existsSync(`${world.root}/control/1000000`)).toBe(true);
  });
});

test('a repair follows no link, and moves the link itself', async () => {
  const world = await newWorld();
  const me = await join(world);
  const alive = await raise(me, 0.5);
  const { path, contents } = elsewhere(world.root);
  cpSync(`${world.root}/alive/0.500000~${alive.id}~1`, `${path}/individual`, { recursive: true });
  const before = contents();
  for (const name of ['alive/0.900000~w9-1~1', 'dead/w9-2~1~w9', 'hall-of-fame/0.900000~w9-3~1', 'alive/x'])
    symlinkSync(`${path}/individual`, `${world.root}/${name}`);
  mkdirSync(`${world.root}/workers/w9/trash`, { recursive: true });
  writeFileSync(`${world.root}/workers/w9/beat`, 'left');
  symlinkSync(path, `${world.root}/workers/w9/trash/w9-4~1~recorded`);
  const options = { host: unknowingHost, version: '0', backend: 'none', politely, hallOfFame: 1 };
  const population = await Population.open(world.root, { ...me.population });
  const { left } = await repair(population, options);
  expect(left.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(contents()).toEqual(before);
});
