import { type Attempt, POPULATION_FORMAT, attemptSchema, formatDocument, readIfValid } from './documents.js';
import { ifPresent, isMissing, unfit } from './filesystem-errors.js';
import { ATTEMPT_FILE, HANDED_BACK_FILE, type TrainingEntry, pathOf } from './layout.js';
import { makeOwnDirectory, parent } from './files.js';
import type { Population } from './population.js';
import { setAside } from './set-aside.js';

/** The folder that the owner of a tenure writes in, and nobody else. Absolute. */
export function tenureFolder(population: Population, entry: TrainingEntry, tenure = entry.tenure): string {
  return population.path(`${pathOf(entry)}/${tenure}`);
}

/** Makes the folder of a tenure. @returns False when the individual is no longer ours. */
export async function beginTenure(population: Population, entry: TrainingEntry): Promise<boolean> {
  const folder = tenureFolder(population, entry);
  try {
    if ((await makeOwnDirectory(population.filesystem, folder)) || (await isEmpty(population, entry)))
      return true;
    // Whatever it is, nobody who keeps to the protocol has put it there; through a link we would write elsewhere.
    await setAside(population, `${pathOf(entry)}/${entry.tenure}`, 'in the place of what a tenure writes');
    await makeOwnDirectory(population.filesystem, folder);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unfit(folder, error);
  }
}

async function isEmpty(population: Population, entry: TrainingEntry): Promise<boolean> {
  const folder = tenureFolder(population, entry);
  if ((await population.filesystem.kind(folder)) !== 'directory') return false;
  return (await population.filesystem.list(folder)).length === 0;
}

/**
 * The tenures of which there is a folder, up to one of them, the first one first. By a listing: a name may promise a
 * thousand million that are not there. Rejects where the individual is not there any more.
 */
export async function tenuresUpTo(population: Population, folder: string, last: number): Promise<number[]> {
  const names = await population.filesystem.list(folder);
  const tenures = names.filter((name) => /^[1-9][0-9]{0,8}$/.test(name)).map(Number);
  return tenures.filter((tenure) => tenure <= last).sort((a, b) => a - b);
}

/** Has some files in a tenure's folder on disk, the names of all, and the folder's own. */
export async function syncTenure(
  population: Population,
  entry: TrainingEntry,
  files: readonly string[],
): Promise<void> {
  const folder = tenureFolder(population, entry);
  await population.filesystem.sync([...files.map((file) => `${folder}/${file}`), folder, parent(folder)]);
}

/** Writes down that a training begins. @returns False when the individual is no longer ours. */
export async function writeAttempt(
  population: Population,
  entry: TrainingEntry,
  attempt: Omit<Attempt, 'format' | 'worker' | 'startedAt'>,
): Promise<boolean> {
  const file = `${tenureFolder(population, entry)}/${ATTEMPT_FILE}`;
  const startedAt = population.clock.now().toISOString();
  const document: Attempt = { format: POPULATION_FORMAT, ...attempt, worker: entry.worker, startedAt };
  try {
    await population.filesystem.write(file, formatDocument(document));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unfit(file, error);
  }
}

/** Which training a tenure's folder is of; undefined where none began, or its file was cut short. */
export async function readAttempt(population: Population, folder: string): Promise<Attempt | undefined> {
  return await readIfValid(population.filesystem, attemptSchema, `${folder}/${ATTEMPT_FILE}`);
}

/** Marks a tenure as given up on purpose: it does not count against the child. */
export async function handBack(population: Population, entry: TrainingEntry): Promise<void> {
  const file = `${tenureFolder(population, entry)}/${HANDED_BACK_FILE}`;
  try {
    await ifPresent(population.filesystem.write(file, ''));
  } catch (error) {
    throw unfit(file, error);
  }
}
