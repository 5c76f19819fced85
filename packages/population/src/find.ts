import { readEvaluation } from './evaluation.js';
import { type Individual, readIndividual } from './individual.js';
import {
  type AliveEntry,
  type DeadEntry,
  type Entry,
  type IndividualId,
  isWorkerName,
  nameOf,
  parseTrashName,
  pathOf,
  trashPath,
  workerPath,
} from './layout.js';
import type { Population } from './population.js';
import { readRecorded, recordedOutlines } from './recorded.js';

/** Every individual that has a folder: in training, alive, dead, in the hall of fame. Each id once. */
export async function allEntries(population: Population): Promise<Entry[]> {
  // In the order in which an individual moves, so that none is missed.
  const training = await population.training();
  const alive = await population.alive();
  const dead = await population.dead();
  const hall = await population.hallOfFame();
  return [...new Map([...training, ...alive, ...dead, ...hall].map((entry) => [entry.id, entry])).values()];
}

/** Looks for an individual, living or dead, collected or not. */
export async function findIndividual(
  population: Population,
  id: IndividualId,
): Promise<Individual | undefined> {
  // It may move between the listing and the reading; more than a few times in a row it does not.
  for (let look = 0; look < 5; look++) {
    const entry = (await allEntries(population)).find((candidate) => candidate.id === id);
    if (entry === undefined) break;
    const read = await readIndividual(population, entry);
    if (read !== undefined) return read;
  }
  for (const { entry, path } of await trashed(population)) {
    const read = entry.id === id ? await readIndividual(population, entry, path) : undefined;
    if (read !== undefined) return read;
  }
  return await findRecord(population, id);
}

async function findRecord(population: Population, id: IndividualId): Promise<Individual | undefined> {
  for (const outline of await recordedOutlines(population)) {
    const individual = outline.id === id ? await readRecorded(population, id, outline.place) : undefined;
    if (individual !== undefined) return individual;
  }
  return undefined;
}

/** Those that lie in the trash of a collector, between their death and their record, and where. */
export async function trashed(population: Population): Promise<{ entry: DeadEntry; path: string }[]> {
  const found: { entry: DeadEntry; path: string }[] = [];
  for (const killer of (await population.list('workers')).filter(isWorkerName)) {
    for (const name of await population.listIfPresent(`${workerPath(killer)}/trash`)) {
      const trash = parseTrashName(name);
      if (trash?.tenure === undefined || trash.recorded) continue;
      const { id, tenure } = trash;
      found.push({ entry: { state: 'dead', id, tenure, killer }, path: trashPath(killer, trash) });
    }
  }
  return found;
}

/**
 * The best that ever lived and still has its weights: living or in the hall of fame; undefined where there is none.
 * What only has the name of one, a file say, is passed over.
 */
export async function bestEntry(population: Population): Promise<AliveEntry | undefined> {
  const candidates = [...(await population.alive()), ...(await population.hallOfFame())];
  // By the whole name: a total order.
  candidates.sort((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
  for (const entry of candidates) {
    const folder = population.path(`${pathOf(entry)}/${entry.tenure}`);
    if ((await readEvaluation(population, entry, folder)) !== undefined) return entry;
  }
  return undefined;
}
