import {
  adopt,
  bury,
  conceive,
  giveOrder,
  nodeFilesystem,
  publish,
  tenureFolder,
  writeCheckpoint,
} from '@galapagos/population';
import { expect, test } from 'vitest';
import type { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { bear, childOf, evaluate, join, joinFaulty, newWorld, raise } from './support.js';

/** Paths that were put on disk, files and directories, up to the rename to what matches. */
function durableBefore(faulty: FaultyFilesystem, target: RegExp): string[] {
  const end = faulty.calls.findIndex(({ operation, to }) => operation === 'rename' && target.test(to ?? ''));
  expect(end).toBeGreaterThan(0);
  return faulty.calls.slice(0, end).flatMap(({ synced }) => synced);
}

test('a child is on disk before it is admitted: files, and their names', async () => {
  const world = await newWorld();
  const parent = await raise(await join(world), 0.5);
  const { me, faulty } = await joinFaulty(world);
  const entry = await bear(me, childOf(parent));
  const folder = `${world.root}/workers/${me.name}/staging/${entry.id}`;
  const durable = durableBefore(faulty, /training/);
  for (const path of [`${folder}/dna.json`, `${folder}/birth.json`, folder]) expect(durable).toContain(path);
  // The name of the weights too: the folder comes last.
  expect(durable.at(-1)).toBe(folder);
});

test('copied weights are on disk before the child is admitted', async () => {
  const world = await newWorld();
  const parent = await raise(await join(world), 0.5);
  const { me, faulty } = await joinFaulty(world);
  faulty.fail({ operation: 'link' }, 'EPERM');
  const id = (await conceive(me, childOf(parent))) ?? '';
  const copies = faulty.calls.filter(({ operation }) => operation === 'copy');
  expect(copies).toMatchObject([
    { to: `${world.root}/workers/${me.name}/staging/${id}/inherited.safetensors` },
  ]);
});

test('a result is on disk before its individual lives', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  const entry = await bear(me);
  const folder = tenureFolder(me.population, entry);
  await evaluate(me, entry, 0.5);
  await publish(me.population, entry, 0.5);
  const durable = durableBefore(faulty, /alive/);
  const individual = folder.slice(0, folder.lastIndexOf('/'));
  expect(durable.slice(-4)).toEqual([
    `${folder}/weights.safetensors`,
    `${folder}/evaluation.json`,
    folder,
    individual,
  ]);
});

test('an adopted result is on disk in the adopter’s folder before its individual lives', async () => {
  const world = await newWorld();
  const old = await join(world);
  const orphan = await bear(old);
  await evaluate(old, orphan, 0.5);
  const { me, faulty } = await joinFaulty(world);
  const adoption = await adopt(me, orphan);
  const folder = tenureFolder(me.population, adoption?.entry ?? orphan);
  await publish(me.population, adoption?.entry ?? orphan, 0.5);
  // The old owner may have been killed before it came to that.
  expect(durableBefore(faulty, /alive/).slice(-4)).toEqual([
    `${folder}/weights.safetensors`,
    `${folder}/evaluation.json`,
    folder,
    folder.slice(0, folder.lastIndexOf('/')),
  ]);
});

test('a checkpoint is on disk, and its name, before an older one is removed', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  const folder = tenureFolder(me.population, await bear(me));
  for (const step of [10, 20])
    await writeCheckpoint(nodeFilesystem, folder, { attempt: 1, step }, new Uint8Array(8));
  const from = faulty.calls.length;
  await writeCheckpoint(faulty, folder, { attempt: 1, step: 30 }, new Uint8Array(8));
  const calls = faulty.calls.slice(from);
  expect(calls.map(({ operation }) => operation)).toEqual(['write', 'rename', 'sync', 'list', 'unlink']);
  expect(calls[2]?.synced).toEqual([calls[1]?.to, folder]);
  expect(calls.at(-1)?.path).toMatch(/~10~/);
});

test('the reason of a burial and an order are on disk before they count', async () => {
  const world = await newWorld();
  const { me, faulty } = await joinFaulty(world);
  const entry = await bear(me);
  await bury(me, entry, { class: 'crash', reason: '', log: '' });
  const folder = tenureFolder(me.population, entry);
  expect(durableBefore(faulty, /dead/)).toEqual(expect.arrayContaining([`${folder}/failure.json`, folder]));
  const from = faulty.calls.length;
  await giveOrder(me.population, { order: 'stop' });
  const calls = faulty.calls.slice(from).filter(({ operation }) => operation !== 'list');
  expect(calls.map(({ operation }) => operation)).toEqual(['write', 'sync', 'link', 'sync', 'unlink']);
  expect(calls[1]?.synced).toEqual([calls[0]?.path]);
});
