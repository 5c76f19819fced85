import { existsSync, linkSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import {
  type TrainingEntry,
  adopt,
  checkpointName,
  findCheckpoints,
  handBack,
  nodeFilesystem,
  publish,
  readCheckpoint,
  tenureFolder,
  writeAttempt,
  writeCheckpoint,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { type World, bear, evaluate, join, joinFaulty, newWorld, only } from './support.js';

const bytes = (text: string) => new TextEncoder().encode(text);

async function checkpoint(
  world: World,
  entry: TrainingEntry,
  step: number,
  attempt = 1,
  text = `at ${step}`,
) {
  const folder = `${world.root}/training/${entry.id}~${entry.tenure}~${entry.worker}/${entry.tenure}`;
  await writeCheckpoint(nodeFilesystem, folder, { attempt, step }, bytes(text));
  return folder;
}

async function orphaned(): Promise<{ world: World; entry: TrainingEntry }> {
  const world = await newWorld();
  return { world, entry: await bear(await join(world)) };
}

/** Adopted by a newcomer, which begins to train it. */
async function adoptAndBegin(world: World, orphan: TrainingEntry, attempt = 1) {
  const me = await join(world);
  const adoption = await adopt(me, orphan);
  if (adoption === undefined) throw new Error('not adopted');
  await writeAttempt(me.population, adoption.entry, { attempt, seed: 'seed', fromStep: 0 });
  return { me, ...adoption };
}

describe('a checkpoint', () => {
  test('is whole or not there, and two are kept', async () => {
    const { world, entry } = await orphaned();
    const folder = await checkpoint(world, entry, 10);
    await checkpoint(world, entry, 20);
    await checkpoint(world, entry, 30);
    expect((await findCheckpoints(nodeFilesystem, folder)).map(({ step }) => step)).toEqual([30, 20]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  test('of a later attempt is further than any of an earlier one', async () => {
    const { world, entry } = await orphaned();
    const folder = await checkpoint(world, entry, 90, 1);
    await checkpoint(world, entry, 10, 2);
    await checkpoint(world, entry, 20, 2);
    expect((await findCheckpoints(nodeFilesystem, folder)).map(({ step }) => step)).toEqual([20, 10]);
  });

  test('that is spoilt is not read', async () => {
    const { world, entry } = await orphaned();
    const folder = await checkpoint(world, entry, 10);
    const found = only(await findCheckpoints(nodeFilesystem, folder));
    writeFileSync(`${folder}/${checkpointName(found)}`, 'at 1');
    expect(await readCheckpoint(nodeFilesystem, folder, found)).toBeUndefined();
  });

  test('on a full disk is an error of the disk, not of the individual', async () => {
    const world = await newWorld();
    const { me, faulty } = await joinFaulty(world);
    const entry = await bear(me);
    faulty.fail({ operation: 'write', path: /checkpoint/ }, 'ENOSPC');
    const folder = tenureFolder(me.population, entry);
    const writing = writeCheckpoint(faulty, folder, { attempt: 1, step: 1 }, bytes('x'));
    await expect(writing).rejects.toMatchObject({ code: 'UNFIT' });
  });
});

describe('adoption continues', () => {
  test('from the furthest checkpoint, which lies in the adopter’s own folder before it is used', async () => {
    const { world, entry } = await orphaned();
    await checkpoint(world, entry, 10);
    await checkpoint(world, entry, 20);
    const { me, entry: adopted, continuation } = await adoptAndBegin(world, entry);
    expect(continuation).toMatchObject({ kind: 'resume', checkpoint: { step: 20, attempt: 1 } });
    const own = tenureFolder(me.population, adopted);
    const found = only(await findCheckpoints(nodeFilesystem, own));
    // The old owner lives, publishes in vain, and clears away what it thinks is its own.
    rmSync(tenureFolder(me.population, adopted, 1), { recursive: true });
    expect(String(await readCheckpoint(nodeFilesystem, own, found))).toBe('at 20');
  });

  test('from the one before, where the last is spoilt', async () => {
    const { world, entry } = await orphaned();
    const folder = await checkpoint(world, entry, 10);
    await checkpoint(world, entry, 20);
    const [last] = await findCheckpoints(nodeFilesystem, folder);
    if (last !== undefined) writeFileSync(`${folder}/${checkpointName(last)}`, 'at 2');
    const { me, entry: adopted, continuation } = await adoptAndBegin(world, entry);
    expect(continuation).toMatchObject({ kind: 'resume', checkpoint: { step: 10 } });
    const own = await findCheckpoints(nodeFilesystem, tenureFolder(me.population, adopted));
    expect(own.map(({ step }) => step)).toEqual([10]);
  });

  test('from the one before, where the last vanishes just before it is linked', async () => {
    const { world, entry } = await orphaned();
    await checkpoint(world, entry, 10);
    await checkpoint(world, entry, 20);
    const { me, faulty } = await joinFaulty(world);
    faulty.before({ operation: 'link', path: /~20~/ }, ({ path }) => nodeFilesystem.unlink(path));
    const adoption = await adopt(me, entry);
    expect(adoption?.continuation).toMatchObject({ kind: 'resume', checkpoint: { step: 10 } });
  });

  test('from the attempt that was begun last, not from one that was given up', async () => {
    const { world, entry } = await orphaned();
    await checkpoint(world, entry, 50, 1);
    const { me, entry: second } = await adoptAndBegin(world, entry, 1);
    await writeAttempt(me.population, second, { attempt: 2, seed: 'seed', fromStep: 0 });
    const { continuation } = await adoptAndBegin(world, second);
    expect(continuation).toEqual({ kind: 'scratch', attempt: 3 });
  });

  test('from scratch where there is nothing, with a number that no attempt had', async () => {
    const { world, entry } = await orphaned();
    const { entry: second, continuation } = await adoptAndBegin(world, entry, 2);
    expect(continuation).toEqual({ kind: 'scratch', attempt: 2 });
    const third = await adoptAndBegin(world, second, 3);
    expect(third.continuation).toEqual({ kind: 'scratch', attempt: 3 });
  });

  test('not at all where the training had ended: it is only published, from the adopter’s own folder', async () => {
    const { world, entry } = await orphaned();
    const old = await join(world);
    await evaluate(old, entry, 0.75);
    const { me, entry: adopted, continuation } = await adoptAndBegin(world, entry);
    expect(continuation).toMatchObject({ kind: 'evaluated', evaluation: { fitness: 0.75, tenure: 1 } });
    rmSync(tenureFolder(me.population, adopted, 1), { recursive: true });
    expect(await publish(me.population, adopted, 0.75)).toBe(true);
    expect(world.auditor.look().ids.alive).toEqual([entry.id]);
  });

  test.each([
    ['cut short', (folder: string) => writeFileSync(`${folder}/evaluation.json`, '{"format": 1, "id"')],
    ['without its weights', (folder: string) => rmSync(`${folder}/weights.safetensors`)],
    ['beside other weights', (folder: string) => writeFileSync(`${folder}/weights.safetensors`, 'others')],
    [
      'of another individual',
      (folder: string) => {
        const text = readFileSync(`${folder}/evaluation.json`, 'utf8');
        writeFileSync(`${folder}/evaluation.json`, text.replace(/"w1-1"/, '"w1-2"'));
      },
    ],
  ])('with training where the evaluation is %s', async (_what, spoil) => {
    const { world, entry } = await orphaned();
    const old = await join(world);
    await evaluate(old, entry, 0.75);
    await checkpoint(world, entry, 90);
    spoil(tenureFolder(old.population, entry));
    const { me, entry: adopted, continuation } = await adoptAndBegin(world, entry);
    expect(continuation).toMatchObject({ kind: 'resume', checkpoint: { step: 90 } });
    // What is trained anew must not be written through a second name of the old owner's file.
    expect(existsSync(`${tenureFolder(me.population, adopted)}/weights.safetensors`)).toBe(false);
  });

  test('by copies where a filesystem has no links', async () => {
    const { world, entry } = await orphaned();
    await checkpoint(world, entry, 10);
    const { me, faulty } = await joinFaulty(world);
    faulty.fail({ operation: 'link', lasting: true }, 'EMLINK');
    expect((await adopt(me, entry))?.continuation).toMatchObject({ kind: 'resume' });
    expect(faulty.calls.filter(({ operation }) => operation === 'copy')).toHaveLength(1);
  });

  test('and leaves the folders of other tenures alone', async () => {
    const { world, entry } = await orphaned();
    await checkpoint(world, entry, 10);
    const { me, entry: second } = await adoptAndBegin(world, entry);
    await evaluate(me, second, 0.5);
    await publish(me.population, second, 0.5);
    const [name = ''] = readdirSync(`${world.root}/alive`);
    expect(readdirSync(`${world.root}/alive/${name}/1`)).toContain('attempt.json');
    // Its own checkpoints are gone, those of the first owner are not: that one may still live.
    expect(await findCheckpoints(nodeFilesystem, `${world.root}/alive/${name}/1`)).toHaveLength(1);
    expect(await findCheckpoints(nodeFilesystem, `${world.root}/alive/${name}/2`)).toEqual([]);
  });
});

describe('of an individual that goes through many hands', () => {
  async function killWorkers(times: number, step: (n: number) => number, give = false) {
    const { world, entry } = await orphaned();
    let orphan = entry;
    let continuation;
    for (let n = 1; n <= times; n++) {
      if (step(n) > 0) await checkpoint(world, orphan, step(n));
      if (give) await handBack((await join(world)).population, orphan);
      ({ entry: orphan, continuation } = await adoptAndBegin(world, orphan));
    }
    return continuation;
  }

  test('three tenures in a row without a later step make a killer of workers', async () => {
    expect(await killWorkers(2, () => 0)).toMatchObject({ kind: 'scratch' });
    expect(await killWorkers(3, () => 0)).toEqual({ kind: 'killer', tenures: 3 });
  });

  test('a link to the checkpoint of another tenure is no progress', async () => {
    // The first got to step 10, and the three that continued from there no further.
    expect(await killWorkers(4, (n) => (n === 1 ? 10 : 0))).toEqual({ kind: 'killer', tenures: 3 });
  });

  test('progress begins the count anew', async () => {
    expect(await killWorkers(8, (n) => n * 10)).toMatchObject({ kind: 'resume', checkpoint: { step: 80 } });
  });

  test('tenures that were handed back do not count', async () => {
    expect(await killWorkers(5, () => 0, true)).toMatchObject({ kind: 'scratch' });
  });

  test('tenures in which no training began do not count', async () => {
    const { world, entry } = await orphaned();
    let orphan = entry;
    for (let n = 0; n < 5; n++) {
      const adoption = await adopt(await join(world), orphan);
      expect(adoption?.continuation).toEqual({ kind: 'scratch', attempt: 2 });
      orphan = adoption?.entry ?? orphan;
    }
  });
});

describe('an adopter loses', () => {
  test('to another, once', async () => {
    const { world, entry } = await orphaned();
    const [a, b] = [await join(world), await join(world)];
    const adoptions = await Promise.all([adopt(a, entry), adopt(b, entry)]);
    const { entry: adopted } = only(adoptions.filter((one) => one !== undefined));
    expect(adopted.tenure).toBe(2);
    world.auditor.look();
  });

  test.each(['makeDirectory', 'list', 'link', 'sync'] as const)(
    'to one who takes it away just before its %s, without an error',
    async (operation) => {
      const { world, entry } = await orphaned();
      await checkpoint(world, entry, 10);
      const { me, faulty } = await joinFaulty(world);
      const other = await join(world);
      let theirs: unknown;
      faulty.before({ operation, path: /training\/w1-1~2/ }, async () => {
        theirs = await adopt(other, { ...entry, tenure: 2, worker: me.name });
      });
      const ours = await adopt(me, entry);
      expect(theirs).toMatchObject({ entry: { tenure: 3 } });
      // What it believes to have is noticed with the first write.
      if (ours !== undefined) {
        const attempt = { attempt: 1, seed: '', fromStep: 0 };
        expect(await writeAttempt(me.population, ours.entry, attempt)).toBe(false);
      }
      world.auditor.look();
    },
  );
});

test('a file of that name already in the adopter’s folder is not mistaken for the checkpoint', async () => {
  const { world, entry } = await orphaned();
  const folder = await checkpoint(world, entry, 10);
  await checkpoint(world, entry, 20);
  const { me, faulty } = await joinFaulty(world);
  faulty.before({ operation: 'link', path: /~20~/ }, async ({ to }) => {
    writeFileSync(`${world.root}/other`, 'others');
    linkSync(`${world.root}/other`, to ?? '');
    await Promise.resolve();
  });
  const adoption = await adopt(me, entry);
  expect(adoption?.continuation).toMatchObject({ kind: 'resume', checkpoint: { step: 10 } });
  expect(folder).toContain('~1~');
});
