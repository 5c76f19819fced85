import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { nodeFilesystem } from '@galapagos/population';
import { expect, test } from 'vitest';
import { makeShared, setAside } from '../../packages/population/src/set-aside.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { newWorld, openWorld } from './support.js';

test('nothing is left behind where what was to be set aside is gone already', async () => {
  const world = await newWorld();
  const population = await openWorld(world);
  expect(await setAside(population, 'training/w1-1~1~w1', 'dna.json is missing')).toBeUndefined();
  expect(existsSync(`${world.root}/lost+found`)).toBe(false);
});

test('only its folder goes where another takes it away meanwhile', async () => {
  const world = await newWorld();
  const faulty = new FaultyFilesystem(nodeFilesystem);
  const population = await openWorld(world, faulty);
  const path = `${world.root}/alive/nonsense`;
  writeFileSync(path, '');
  faulty.before({ operation: 'rename', path: /nonsense/ }, () => nodeFilesystem.unlink(path));
  expect(await setAside(population, 'alive/nonsense', 'foreign')).toBeUndefined();
  expect(readdirSync(`${world.root}/lost+found`)).toEqual([]);
});

test('a directory of the experiment that does not answer stays in its place', async () => {
  const world = await newWorld();
  const faulty = new FaultyFilesystem(nodeFilesystem);
  const population = await openWorld(world, faulty);
  await makeShared(population, 'digests');
  faulty.fail({ operation: 'kind', lasting: true }, 'ESTALE');
  await makeShared(population, 'digests');
  expect(readdirSync(world.root)).toContain('digests');
  expect(readdirSync(world.root)).not.toContain('lost+found');
});

test('nor does lost+found itself go', async () => {
  const world = await newWorld();
  const faulty = new FaultyFilesystem(nodeFilesystem);
  const population = await openWorld(world, faulty);
  for (const name of ['one', 'two']) writeFileSync(`${world.root}/alive/${name}`, '');
  await setAside(population, 'alive/one', 'foreign');
  faulty.fail({ operation: 'kind', path: /lost\+found$/, lasting: true }, 'ESTALE');
  expect(await setAside(population, 'alive/two', 'foreign')).toBe('lost+found/000002/two');
});

test('a file in the place of a directory is set aside', async () => {
  const world = await newWorld();
  const population = await openWorld(world);
  rmSync(`${world.root}/digests`, { recursive: true, force: true });
  writeFileSync(`${world.root}/digests`, '');
  await makeShared(population, 'digests');
  expect(readdirSync(`${world.root}/digests`)).toEqual([]);
  expect(readdirSync(`${world.root}/lost+found/000001`).sort()).toEqual(['digests', 'why.json']);
});
