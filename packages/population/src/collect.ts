import { DnaError } from '@galapagos/dna';
import { POPULATION_FORMAT } from './documents.js';
import { PopulationError } from './errors.js';
import { removeTree } from './files.js';
import { type HistoryRecord, appendHistory } from './history.js';
import { type Individual, readIndividual } from './individual.js';
import {
  type AliveEntry,
  type DeadEntry,
  type TrashEntry,
  type WorkerName,
  isWorkerName,
  nameOf,
  parseTrashName,
  pathOf,
  trashName,
  trashPath,
  workerPath,
} from './layout.js';
import type { Membership } from './membership.js';
import type { Population } from './population.js';

/** How many individuals share one fsync of the history. */
const BATCH = 32;

/** A dead individual in our trash, and what it was. */
interface Remains {
  readonly trash: TrashEntry & { readonly tenure: number };
  readonly individual: Individual;
}

/**
 * Collects the dead: the whole record of each is on disk before its directory goes. The directory is the truth
 * and the history its ashes.
 *
 * - `trash/<id>`                    litter: never counted, only deleted
 * - `trash/<id>~<tenure>`           to be read and recorded
 * - `trash/<id>~<tenure>~recorded`  its record is on disk: only this is deleted
 *
 * @param hallOfFame How many of the best are kept with their weights.
 * @returns How many were recorded.
 */
export async function collect(
  me: Membership,
  hallOfFame: number,
  dead: readonly DeadEntry[],
): Promise<number> {
  let recorded = await emptyOwnTrash(me, hallOfFame);
  for (let first = 0; first < dead.length; first += BATCH) {
    for (const entry of dead.slice(first, first + BATCH)) {
      await me.population.move(pathOf(entry), trashPath(me.name, { ...entry, recorded: false }));
    }
    recorded += await emptyOwnTrash(me, hallOfFame);
  }
  return recorded;
}

/**
 * Takes over the trash of a worker that is gone; it may have died before it had one. What is marked as recorded
 * stays so: then we only delete.
 */
export async function takeTrash(me: Membership, gone: WorkerName): Promise<void> {
  if (!isWorkerName(gone)) return;
  for (const name of await me.population.listIfPresent(`${workerPath(gone)}/trash`)) {
    if (parseTrashName(name) === undefined) continue;
    await me.population.move(`${workerPath(gone)}/trash/${name}`, `${workerPath(me.name)}/trash/${name}`);
  }
}

/** Begins with what an earlier collection of ours left behind, whatever interrupted it. */
async function emptyOwnTrash(me: Membership, hallOfFame: number): Promise<number> {
  const entries = await ownTrash(me);
  const remains = await readRemains(me, entries);
  // Still here, by readdir: so what was read was whole, and nobody has taken it over.
  const here = new Set((await ownTrash(me)).map(trashName));
  const whole = remains.filter(({ trash }) => here.has(trashName(trash)));
  if (whole.length > 0)
    await appendHistory(
      me,
      whole.map((one) => recordOf(me, one)),
    );
  // Once for all of them: what others put into it meanwhile only makes the hall better.
  const hall = whole.length === 0 ? [] : await me.population.hallOfFame();
  for (const one of whole) await enterHallOrMark(me, one, hall, hallOfFame);
  await trimHall(me, hallOfFame);
  for (const entry of await ownTrash(me)) {
    if (entry.recorded || entry.tenure === undefined) {
      await removeTree(me.population.filesystem, me.population.path(trashPath(me.name, entry)));
    }
  }
  return whole.length;
}

async function ownTrash(me: Membership): Promise<TrashEntry[]> {
  const names = await me.population.list(`${workerPath(me.name)}/trash`);
  return names.flatMap((name) => parseTrashName(name) ?? []);
}

async function readRemains(me: Membership, entries: readonly TrashEntry[]): Promise<Remains[]> {
  const remains: Remains[] = [];
  for (const { id, tenure, recorded } of entries) {
    if (recorded || tenure === undefined) continue;
    const trash = { id, tenure, recorded };
    const individual = await readOrLeave(me.population, me.name, trash);
    if (individual !== undefined) remains.push({ trash, individual });
  }
  return remains;
}

/** Undefined where it is gone, or its record would not be whole: nothing is deleted without a record. */
export async function readOrLeave(
  population: Population,
  owner: WorkerName,
  trash: TrashEntry & { readonly tenure: number },
): Promise<Individual | undefined> {
  try {
    return await readTrashed(population, owner, trash);
  } catch (error) {
    // It stays in the trash, for fsck to report.
    if (error instanceof DnaError) return undefined;
    if (error instanceof PopulationError && error.code === 'INVALID') return undefined;
    throw error;
  }
}

/**
 * A dead individual in somebody's trash; undefined where a file that its record needs is gone.
 * @throws PopulationError, DnaError when a file is not what it should be.
 */
export async function readTrashed(
  population: Population,
  owner: WorkerName,
  trash: TrashEntry & { readonly tenure: number },
): Promise<Individual | undefined> {
  const entry = { state: 'dead', id: trash.id, tenure: trash.tenure, killer: owner } as const;
  const individual = await readIndividual(population, entry, trashPath(owner, trash));
  // Whoever is dead was evaluated once, or has failed.
  return individual?.evaluation === undefined && individual?.failure === undefined ? undefined : individual;
}

function recordOf(me: Membership, { individual }: Remains): HistoryRecord {
  const { id, tenure, dna, birth, attempt, curve, evaluation, failure } = individual;
  return {
    format: POPULATION_FORMAT,
    id,
    tenure,
    dna,
    birth,
    attempt: attempt ?? null,
    curve: curve ?? null,
    evaluation: evaluation ?? null,
    failure: failure ?? null,
    collectedAt: me.population.clock.now().toISOString(),
  };
}

/** The best go into the hall of fame, the others are marked. Where the rename finds nothing, another has it. */
async function enterHallOrMark(
  me: Membership,
  { trash, individual }: Remains,
  hall: AliveEntry[],
  places: number,
): Promise<void> {
  const { population } = me;
  const marked = trashPath(me.name, { ...trash, recorded: true });
  const famous = placeInHall(individual, hall, places);
  if (famous !== undefined) hall.push(famous);
  await population.move(trashPath(me.name, trash), famous === undefined ? marked : pathOf(famous));
}

/** Those that were recorded long ago, when they entered: they only have to be deleted. */
async function trimHall({ population, name }: Membership, places: number): Promise<void> {
  for (const entry of lowest(await population.hallOfFame(), places)) {
    const { id, tenure } = entry;
    await population.move(pathOf(entry), trashPath(name, { id, tenure, recorded: true }));
  }
}

function placeInHall(
  individual: Individual,
  hall: readonly AliveEntry[],
  places: number,
): AliveEntry | undefined {
  const fitness = individual.evaluation?.fitness;
  if (fitness === undefined || individual.evaluation?.diverged === true) return undefined;
  const entry: AliveEntry = { state: 'hall-of-fame', fitness, id: individual.id, tenure: individual.tenure };
  return lowest([...hall, entry], places).includes(entry) ? undefined : entry;
}

/** Those that are too many in the hall: all but the best by the whole name, which is a total order. */
function lowest(entries: readonly AliveEntry[], places: number): AliveEntry[] {
  return entries.toSorted((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1)).slice(places);
}
