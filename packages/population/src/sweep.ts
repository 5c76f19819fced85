import { collect, readOrLeave, takeTrash } from './collect.js';
import { boundsOf } from './control.js';
import { Digester, WORTH_DIGESTING } from './digest.js';
import { cleanStaging } from './discard.js';
import type { Host } from './host.js';
import {
  type AliveEntry,
  type DeadEntry,
  type TrashEntry,
  type WorkerName,
  nameOf,
  parseTrashName,
  workerPath,
} from './layout.js';
import type { Politely } from './lock.js';
import { type JoinOptions, Membership } from './membership.js';
import type { Population } from './population.js';
import { countUndigested } from './recorded.js';
import { mayLive, summarizeWorkers } from './summary.js';

/** What may go, and nobody has cleared away yet. */
export interface Waste {
  readonly dead: readonly DeadEntry[];
  /** What workers that left, or whose process on this host is no more, have in staging and trash, below the experiment. */
  readonly litter: readonly { readonly worker: WorkerName; readonly paths: readonly string[] }[];
  /** Those who are too many in the hall of fame. */
  readonly surplus: readonly AliveEntry[];
  /** Whether enough is recorded that no digest has yet. */
  readonly isUndigested: boolean;
}

/**
 * Finds what a sweep would clear away. Of a worker on another host that died without a word, or of one that joins,
 * one look knows nothing. What can never be recorded is for fsck.
 */
export async function findWaste(population: Population, host: Host): Promise<Waste> {
  const workers = await summarizeWorkers(population, host);
  const { hallOfFame } = await boundsOf(population);
  const litter: { worker: WorkerName; paths: string[] }[] = [];
  for (const { name } of workers.filter((worker) => !mayLive(worker))) {
    const paths: string[] = [];
    for (const below of ['staging', 'trash']) {
      for (const one of await population.listIfPresent(`${workerPath(name)}/${below}`)) {
        const entry = parseTrashName(one);
        if (entry === undefined || (below === 'trash' && !(await canGo(population, name, entry)))) continue;
        paths.push(`${workerPath(name)}/${below}/${one}`);
      }
    }
    if (paths.length > 0) litter.push({ worker: name, paths });
  }
  const hall = (await population.hallOfFame()).toSorted((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
  return {
    dead: await population.dead(),
    litter,
    surplus: hall.slice(hallOfFame),
    isUndigested: (await countUndigested(population)) >= WORTH_DIGESTING,
  };
}

/** Whether a collection would get rid of what lies in a trash. */
async function canGo(population: Population, owner: WorkerName, trash: TrashEntry): Promise<boolean> {
  const { tenure, recorded } = trash;
  return (
    recorded ||
    tenure === undefined ||
    (await readOrLeave(population, owner, { ...trash, tenure })) !== undefined
  );
}

export interface SweepOptions extends JoinOptions {
  readonly politely: Politely;
  /** How many of the best are kept with their weights. */
  readonly hallOfFame: number;
}

export interface Swept {
  /** How many of the dead were recorded. */
  readonly recorded: number;
  /** How many could not be read whole: they stay in a trash, for `fsck`. None where another collects. */
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
    if (recorded === undefined) return { recorded: 0, unreadable: 0, isBusy: true };
    const trash = await population.list(`${workerPath(me.name)}/trash`);
    return {
      recorded,
      unreadable: trash.filter((name) => parseTrashName(name)?.recorded === false).length,
      isBusy: false,
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
  const digester = new Digester(me);
  while ((await digester.digest(1)) > 0 || (await digester.condense())) await me.beat();
  return recorded;
}
