import { conceive, findWaste, kill, nodeFilesystem, sweep, unknowingHost } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { first, join, newWorld, openWorld, raise, sweeping } from './support.js';

const nothing = { dead: [], litter: [], surplus: [], isUndigested: false };
async function withWaste() {
  const world = await newWorld({ populationSize: 8 });
  const [gone, me] = [await join(world), await join(world)];
  for (const fitness of [0.1, 0.2, 0.3, 0.4]) await kill(me, await raise(me, fitness));
  await conceive(gone, first);
  await conceive(me, first);
  await gone.leave();
  world.auditor.look();
  return { world, me, gone };
}

describe('a sweep', () => {
  test('records the dead, keeps the best, clears what those who are gone left, and leaves', async () => {
    const { world, me, gone } = await withWaste();
    const { population } = me;
    const waste = await findWaste(population, unknowingHost);
    expect(waste.dead).toHaveLength(4);
    expect(waste.litter).toEqual([
      { worker: gone.name, paths: [`workers/${gone.name}/staging/${gone.name}-1`] },
    ]);
    expect(await sweep(population, waste, sweeping)).toEqual({ recorded: 4, unreadable: 0, isBusy: false });
    const { ids, litter } = world.auditor.look();
    expect(ids['hall-of-fame'].sort()).toEqual([`${me.name}-3`, `${me.name}-4`]);
    // What a worker is preparing that works stays.
    expect(litter).toEqual([expect.stringContaining(`${me.name}-5`)]);
    expect(await findWaste(population, unknowingHost)).toEqual(nothing);
    const again = { ...sweeping, hallOfFame: 2 };
    expect(await sweep(population, nothing, again)).toMatchObject({
      recorded: 0,
    });
  });

  test('trims a hall that has become smaller', async () => {
    const { world, me } = await withWaste();
    await sweep(me.population, await findWaste(me.population, unknowingHost), sweeping);
    await sweep(me.population, await findWaste(me.population, unknowingHost), { ...sweeping, hallOfFame: 1 });
    expect(world.auditor.look().ids['hall-of-fame']).toEqual([`${me.name}-4`]);
  });

  test('leaves the dead to another that collects, and what cannot be read to a person', async () => {
    const { world, me } = await withWaste();
    const waste = await findWaste(me.population, unknowingHost);
    const busy = { ...sweeping, politely: () => Promise.resolve(undefined) };
    expect(await sweep(me.population, waste, busy)).toEqual({ recorded: 0, unreadable: 0, isBusy: true });
    await nodeFilesystem.unlink(`${world.root}/dead/${me.name}-1~1~${me.name}/dna.json`);
    expect(await sweep(me.population, waste, sweeping)).toEqual({
      recorded: 3,
      unreadable: 1,
      isBusy: false,
    });
  });

  test('counts nothing for unreadable that another is to record', async () => {
    const { me, gone } = await withWaste();
    const { population } = me;
    await population.move(`dead/${me.name}-1~1~${me.name}`, `workers/${gone.name}/trash/${me.name}-1~1`);
    const busy = { ...sweeping, politely: () => Promise.resolve(undefined) };
    const waste = await findWaste(population, unknowingHost);
    expect(waste.litter[0]?.paths).toContain(`workers/${gone.name}/trash/${me.name}-1~1`);
    expect(await sweep(population, waste, busy)).toEqual({ recorded: 0, unreadable: 0, isBusy: true });
    expect(await sweep(population, await findWaste(population, unknowingHost), sweeping)).toMatchObject({
      recorded: 4,
    });
  });

  test('takes over no trash again and again for what cannot be recorded', async () => {
    const { world, me } = await withWaste();
    const { population } = me;
    await nodeFilesystem.unlink(`${world.root}/dead/${me.name}-1~1~${me.name}/dna.json`);
    const waste = await findWaste(population, unknowingHost);
    expect(await sweep(population, waste, sweeping)).toMatchObject({ unreadable: 1 });
    expect(await findWaste(population, unknowingHost)).toEqual(nothing);
  });

  test('leaves alone what one has that may be joining', async () => {
    const { world, me, gone } = await withWaste();
    for (const file of ['worker.json', 'beat'])
      await nodeFilesystem.unlink(`${world.root}/workers/${gone.name}/${file}`);
    expect((await findWaste(me.population, unknowingHost)).litter).toEqual([]);
  });

  test('that dies in the middle is gone on with by the next', async () => {
    const { world, me } = await withWaste();
    const faulty = new FaultyFilesystem(nodeFilesystem);
    const dying = await openWorld(world, faulty);
    faulty.fail({ operation: 'append' }, 'EIO');
    await expect(sweep(dying, await findWaste(dying, unknowingHost), sweeping)).rejects.toThrow('EIO');
    world.auditor.look();
    const waste = await findWaste(me.population, unknowingHost);
    expect(waste.litter.map(({ paths }) => paths.length)).toEqual([4]);
    expect(await sweep(me.population, waste, sweeping)).toMatchObject({ recorded: 4 });
    world.auditor.look();
  });
});
