import { type Random, SeededRandom, integer } from '@galapagos/dna';
import {
  type Filesystem,
  Membership,
  Population,
  type TrainingEntry,
  adopt,
  admit,
  beginTenure,
  cleanStaging,
  collect,
  conceive,
  discard,
  kill,
  nodeFilesystem,
  publish,
  takeTrash,
  unknowingHost,
  workerNames,
  writeAttempt,
} from '@galapagos/population';
import { expect, test } from 'vitest';
import { Crash, FaultyFilesystem } from '../support/faulty-filesystem.js';
import { PLACES, repair } from './repair.js';
import { type World, childOf, evaluate, first, join, newWorld } from './support.js';
import { Turns } from './turns.js';

const SET_POINT = 4;
const MEMBERS = 3;
const TURNS = 12;

/** Now and then a member takes the living for dead: adopts what they train, clears away what they prepare. */
const SUSPICION = 0.2;

class Player {
  constructor(
    private readonly me: Membership,
    private readonly random: Random,
  ) {}

  async play(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await this.#turn();
  }

  async #turn(): Promise<void> {
    const { population, name } = this.me;
    const { training, alive, size } = await population.living();
    const orphan = training.find(({ worker }) => worker === name || this.random.next() < SUSPICION / MEMBERS);
    if (orphan !== undefined) return await this.#adopt(orphan);
    if (this.random.next() < SUSPICION) return await this.#clearUp();
    if (alive.length < 2) {
      if (size < SET_POINT) await this.#enter(await conceive(this.me, first));
      return;
    }
    const [a, b] = [this.#pick(alive), this.#pick(alive)];
    if (a.id === b.id) return;
    const [better, worse] = a.fitness > b.fitness ? [a, b] : [b, a];
    const child = await conceive(this.me, childOf(better));
    if (child === undefined) return;
    if (size >= SET_POINT && !(await kill(this.me, worse))) return await discard(this.me, child);
    await this.#enter(child);
  }

  async #enter(child: string | undefined): Promise<void> {
    if (child === undefined) return;
    const { size } = await this.me.population.living();
    const entry = size < SET_POINT ? await admit(this.me, child) : undefined;
    if (entry === undefined) return await discard(this.me, child);
    if (await beginTenure(this.me.population, entry)) await this.#train(entry, 1);
  }

  async #adopt(orphan: TrainingEntry): Promise<void> {
    const adoption = await adopt(this.me, orphan);
    if (adoption === undefined) return;
    const { entry, continuation } = adoption;
    if (continuation.kind === 'evaluated') {
      await publish(this.me.population, entry, continuation.evaluation.fitness);
    } else {
      await this.#train(entry, continuation.kind === 'scratch' ? continuation.attempt : 1);
    }
  }

  async #train(entry: TrainingEntry, attempt: number): Promise<void> {
    const { population } = this.me;
    if (!(await writeAttempt(population, entry, { attempt, seed: '', fromStep: 0 }))) return;
    const fitness = integer(this.random, 1000) / 1000;
    try {
      if (await evaluate(this.me, entry, fitness)) await publish(population, entry, fitness);
    } catch (error) {
      // The weights are written by the trainer, which ends when the individual was taken away.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  async #clearUp(): Promise<void> {
    const { population, name } = this.me;
    const others = (await workerNames(population)).filter((other) => other !== name);
    if (others.length > 0) {
      const suspect = this.#pick(others);
      await cleanStaging(this.me, suspect);
      await takeTrash(this.me, suspect);
    }
    await collect(this.me, PLACES, await population.dead());
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[integer(this.random, items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}

async function enter(world: World, filesystem: Filesystem, random: Random): Promise<Membership> {
  const population = await Population.open(world.root, { filesystem, clock: world.clock, random });
  return await Membership.join(population, { host: unknowingHost, version: '0', backend: 'none' });
}

const seeds = Array.from({ length: 12 }, (_, n) => `schedule ${n}`);

test.each(seeds)('three members, interleaved at every operation, one of them dying: %s', async (seed) => {
  const world = await newWorld({ populationSize: SET_POINT });
  const random = new SeededRandom(seed);
  let largest = 0;
  const turns = new Turns(random, (operation) => {
    // Nothing but a rename changes who is where.
    if (operation === 'rename') largest = Math.max(largest, world.auditor.look().size);
  });
  const member = async (crashAt: number | undefined) => {
    const faulty = new FaultyFilesystem(nodeFilesystem);
    if (crashAt !== undefined) faulty.crashAt(crashAt);
    const me = await enter(world, turns.filesystem(faulty), random);
    await new Player(me, random).play();
  };
  const crashing = member(20 + integer(random, 300)).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
  await turns.play([crashing, member(undefined), member(undefined)]);

  const healer = await join(world);
  await repair(healer);
  const { ids, litter, recorded, size } = world.auditor.look();
  expect(largest).toBeLessThanOrEqual(SET_POINT + MEMBERS - 1);
  expect({ litter, training: ids.training, trash: ids.trash }).toEqual({
    litter: [],
    training: [],
    trash: [],
  });
  expect(size).toBeGreaterThan(0);
  // It was a real game: many were born, and some of them died.
  expect(size + recorded.size).toBeGreaterThan(6);
});

test('of two who claim a name at once each gets its own', async () => {
  const world = await newWorld();
  const turns = new Turns(new SeededRandom('names'), () => undefined);
  const names: string[] = [];
  const claim = async () => {
    const me = await enter(world, turns.filesystem(nodeFilesystem), new SeededRandom('x'));
    names.push(me.name);
  };
  await turns.play([claim(), claim(), claim(), claim()]);
  expect(names.sort()).toEqual(['w1', 'w2', 'w3', 'w4']);
});

test('of many who kill, adopt or discard the same, one wins', async () => {
  const world = await newWorld();
  const members = await Promise.all([join(world), join(world), join(world), join(world)]);
  const [me] = members;
  const id = (await conceive(me, first)) ?? '';
  const orphan = await admit(me, id);
  if (orphan === undefined) throw new Error('not admitted');
  const adoptions = await Promise.all(members.map((one) => adopt(one, orphan)));
  const won = adoptions.filter((one) => one !== undefined);
  expect(won).toHaveLength(1);
  const entry = won[0]?.entry ?? orphan;
  await evaluate(me, entry, 0.5);
  expect(await publish(me.population, entry, 0.5)).toBe(true);
  const victim = { state: 'alive', id, tenure: entry.tenure, fitness: 0.5 } as const;
  const kills = await Promise.all(members.map((one) => kill(one, victim)));
  expect(kills.filter(Boolean)).toHaveLength(1);
  expect(world.auditor.look().ids.dead).toEqual([id]);
});
