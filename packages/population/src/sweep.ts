import { collect, takeTrash } from './collect.js';
import { cleanStaging } from './discard.js';
import type { Host } from './host.js';
import {
  type AliveEntry,
  type DeadEntry,
  type WorkerName,
  nameOf,
  parseTrashName,
  workerPath,
} from './layout.js';
import type { Politely } from './lock.js';
import { type JoinOptions, Membership } from './membership.js';
import type { Population } from './population.js';
import { summarize } from './summary.js';

/** What may go, and nobody has cleared away yet. */
export interface Waste {
  readonly dead: readonly DeadEntry[];
  /** Workers that are gone for certain, and what each left in its staging and its trash, below the experiment. */
  readonly litter: readonly { readonly worker: WorkerName; readonly paths: readonly string[] }[];
  /** Those who are too many in the hall of fame. */
  readonly surplus: readonly AliveEntry[];
}

/** Finds what a sweep would clear away. Of a worker on another host that died without a word one look knows nothing. */
export async function findWaste(population: Population, host: Host): Promise<Waste> {
  const { workers, bounds } = await summarize(population, host);
  const litter: { worker: WorkerName; paths: string[] }[] = [];
  for (const { name } of workers.filter(({ state }) => state !== 'working')) {
    const paths: string[] = [];
    for (const below of ['staging', 'trash']) {
      const folder = `${workerPath(name)}/${below}`;
      const names = await population.listIfPresent(folder);
      paths.push(
        ...names.filter((one) => parseTrashName(one) !== undefined).map((one) => `${folder}/${one}`),
      );
    }
    if (paths.length > 0) litter.push({ worker: name, paths });
  }
  const hall = (await population.hallOfFame()).toSorted((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
  return { dead: await population.dead(), litter, surplus: hall.slice(bounds.hallOfFame) };
}

export interface SweepOptions extends JoinOptions {
  readonly politely: Politely;
  /** How many of the best are kept with their weights. */
  readonly hallOfFame: number;
}

export interface Swept {
  /** How many of the dead were recorded. */
  readonly recorded: number;
  /** How many could not be read whole: they stay in a trash, for `fsck`. */
  readonly unreadable: number;
  /** Whether another was collecting at the same time, and the dead were left to it. */
  readonly isBusy: boolean;
}

/** The dead between two beats. */
const BATCH = 32;

/**
 * Clears waste away, as a worker that does nothing else. Whoever records and deletes has to be one: it needs a trash
 * that nobody else deletes in and a history file that nobody else writes to, and when it dies in the middle others
 * must see that it is gone and go on with what lies there. It costs one small folder in `workers/`.
 */
export async function sweep(population: Population, waste: Waste, options: SweepOptions): Promise<Swept> {
  const me = await Membership.join(population, options);
  try {
    for (const { worker } of waste.litter) {
      await cleanStaging(me, worker);
      await takeTrash(me, worker);
    }
    const recorded = await options.politely(population.path('dead'), () => collectAll(me, waste, options));
    const trash = await population.list(`${workerPath(me.name)}/trash`);
    return {
      recorded: recorded ?? 0,
      unreadable: trash.filter((name) => parseTrashName(name)?.recorded === false).length,
      isBusy: recorded === undefined,
    };
  } finally {
    await me.leave();
  }
}

async function collectAll(me: Membership, { dead }: Waste, { hallOfFame }: SweepOptions): Promise<number> {
  let recorded = await collect(me, hallOfFame, []);
  for (let first = 0; first < dead.length; first += BATCH) {
    // Not for gone while there is much to do.
    await me.beat();
    recorded += await collect(me, hallOfFame, dead.slice(first, first + BATCH));
  }
  return recorded;
}
