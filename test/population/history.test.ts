import { appendFileSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { type Membership, collect, fsck, kill, nodeFilesystem, unknowingHost } from '@galapagos/population';
import { expect, test } from 'vitest';
import { collected } from '../support/collected.js';
import { type World, join, joinFaulty, newWorld, raise } from './support.js';

async function idsIn(me: Membership): Promise<string[]> {
  return (await collected(me.population)).map(({ id }) => id).sort();
}

async function die(me: Membership, fitness = 0.5): Promise<void> {
  await kill(me, await raise(me, fitness));
}

async function recordedWorld(count: number): Promise<{ world: World; me: Membership; file: string }> {
  const world = await newWorld();
  const me = await join(world);
  for (let n = 0; n < count; n++) await die(me);
  await collect(me, 0, await me.population.dead());
  return { world, me, file: `${world.root}/history/w1.jsonl` };
}

test('a torn last line is passed over, at whatever byte it is torn', async () => {
  const { me, file } = await recordedWorld(2);
  const text = readFileSync(file);
  const firstLine = text.indexOf('\n') + 1;
  for (let length = text.length - 1; length > firstLine; length -= 37) {
    truncateSync(file, length);
    // Without its newline alone, a record is whole.
    expect(await idsIn(me)).toEqual(length === text.length - 1 ? ['w1-1', 'w1-2'] : ['w1-1']);
  }
});

test('after an append that failed half-way the next record begins on a line of its own', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  await die(me);
  world.auditor.look();
  faulty.before({ operation: 'append' }, async ({ path }) => {
    await nodeFilesystem.append(path, '{"format":1,"id":"w1-1","dna":{"ver');
    throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
  });
  await expect(collect(me, 0, await me.population.dead())).rejects.toMatchObject({ code: 'UNFIT' });
  // Nothing is lost: it still lies in the trash, and is recorded by the next collection.
  expect(world.auditor.look().ids.trash).toEqual(['w1-1']);
  expect(await collect(me, 0, [])).toBe(1);
  expect(await idsIn(me)).toEqual(['w1-1']);
  world.auditor.look();
  const findings = await fsck(me.population, unknowingHost);
  expect(findings).toMatchObject([{ severity: 'note', path: 'history/w1.jsonl:1', problem: 'a torn line' }]);
});

test('a record whose append was answered with an error, though it was written, is read once', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  await die(me);
  faulty.fail({ operation: 'append' }, 'EIO', 'after');
  await expect(collect(me, 0, await me.population.dead())).rejects.toThrow(/EIO/);
  await collect(me, 0, []);
  expect(await idsIn(me)).toEqual(['w1-1']);
});

test('every worker writes a file of its own', async () => {
  const world = await newWorld();
  const [a, b] = [await join(world), await join(world)];
  await die(a);
  await collect(a, 0, await a.population.dead());
  await die(b);
  await collect(b, 0, await b.population.dead());
  expect(readdirSync(`${world.root}/history`).sort()).toEqual(['w1.jsonl', 'w2.jsonl']);
  expect(await idsIn(a)).toEqual(['w1-1', 'w2-1']);
});

test('what is not ours in history/ is not read; a newer format is refused', async () => {
  const { me, file, world } = await recordedWorld(1);
  const line = readFileSync(file, 'utf8').replaceAll('w1-1', 'w9-9');
  writeFileSync(`${world.root}/history/w9.jsonl.bak`, line);
  writeFileSync(`${world.root}/history/notes.txt`, line);
  expect(await idsIn(me)).toEqual(['w1-1']);
  appendFileSync(file, line.replace('"format":1', '"format":2'));
  await expect(idsIn(me)).rejects.toMatchObject({ code: 'NEWER_FORMAT' });
});
