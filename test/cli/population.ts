import { SeededRandom, firstDna, mutate } from '@galapagos/dna';
import {
  type AliveEntry,
  type Conception,
  type Membership,
  type TrainingEntry,
  bury,
  collect,
  kill,
} from '@galapagos/population';
import { type World, bear, join, newWorld, raise } from '../population/support.js';

/** A population in which everything that may happen to an individual has happened to one. */
export interface Cast {
  readonly root: string;
  readonly world: World;
  readonly me: Membership;
  readonly first: AliveEntry;
  readonly inTraining: TrainingEntry;
  readonly best: AliveEntry;
  /** Dead, with its folder. */
  readonly dead: string;
  /** Of whom only a record is left. */
  readonly collected: string;
  /** Over a limit; collected too. */
  readonly buried: string;
}

export async function populate(): Promise<Cast> {
  const world = await newWorld({ populationSize: 6 });
  const me = await join(world, undefined, { backend: 'wasm' });
  const { population } = me;
  const first = await raise(me, 0.2);
  const parent = await raise(me, 0.5, childOf(first, 'parent'));
  const best = await raise(me, 0.75, childOf(parent, 'best'));
  const buried = await bear(me, childOf(first, 'buried'));
  await bury(me, buried, { class: 'over-limit', reason: 'parameters: 6e7, at most 5e7', log: 'one\ntwo\n' });
  await kill(me, parent);
  await collect(me, 0, await population.dead());
  const dead = await raise(me, 0.1, childOf(best, 'dead'));
  await kill(me, dead);
  const inTraining = await bear(me, childOf(best, 'training'));
  return {
    root: world.root,
    world,
    me,
    first,
    inTraining,
    best,
    dead: dead.id,
    collected: parent.id,
    buried: buried.id,
  };
}

function childOf(parent: AliveEntry, seed: string): Conception {
  const image = { height: 8, width: 8, channels: 1 };
  const { dna, drawn } = mutate(firstDna(), new SeededRandom(seed), { count: 2, image });
  return { dna, parent, mutations: drawn };
}
