import { integer } from '@galapagos/dna';
import { POPULATION_FORMAT, formatDocument } from './documents.js';
import { PopulationError } from './errors.js';
import { errorCode, ifPresent, isMissing, isOutOfPlace, unfit } from './filesystem-errors.js';
import type { Kind } from './filesystem.js';
import { makeOwnDirectory } from './files.js';
import { LOST_AND_FOUND } from './layout.js';
import { largest } from './largest.js';
import type { Population } from './population.js';

const REASON = 'why.json';

/**
 * Moves something out of everybody's way into a folder of its own in `lost+found/`, with the reason beside it. By
 * one rename, as everything: a worker that has it at this moment finds it taken away.
 * @param path Below the experiment.
 * @returns Where it is now, below the experiment; undefined where it was gone already.
 * @throws PopulationError `UNFIT` when the filesystem refuses.
 */
export async function setAside(
  population: Population,
  path: string,
  problem: string,
): Promise<string | undefined> {
  // Whoever took long to find a problem finds it gone: then not even an empty folder is to be left.
  if ((await kindOf(population, path)) === undefined) return undefined;
  const folder = await claimFolder(population);
  const why = {
    format: POPULATION_FORMAT,
    path,
    problem,
    setAsideAt: population.clock.now().toISOString(),
  };
  await writeReason(population, folder, why);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const target = `${folder}/${name === REASON ? `${name}~` : name}`;
  try {
    if (await population.move(path.includes('/') ? path : `./${path}`, target)) return target;
  } catch (error) {
    await giveUp(population, folder, why);
    throw error;
  }
  return (await giveUp(population, folder, why)) ? undefined : target;
}

/** Makes a directory that several write in, if it is not there. What is there and is none is set aside. */
export async function makeShared(population: Population, below: string): Promise<void> {
  const { filesystem } = population;
  if (await makeOwnDirectory(filesystem, population.path(below))) return;
  if (await mayBeDirectory(population, below)) return;
  await setAside(population, below, 'in the place of a directory');
  await makeOwnDirectory(filesystem, population.path(below));
}

/** One of the experiment's own that does not answer at this moment is there all the same. */
async function mayBeDirectory(population: Population, below: string): Promise<boolean> {
  return ['directory', undefined].includes(await kindOf(population, below));
}

/** What lies there; undefined where nothing does, or does not answer. */
async function kindOf(population: Population, below: string): Promise<Kind | undefined> {
  const path = population.path(below);
  try {
    return await ifPresent(population.filesystem.kind(path));
  } catch (error) {
    throw unfit(path, error);
  }
}

/**
 * Writes files of our own. What somebody has put in the place of one (a link, a directory, a pipe) is set aside, and
 * they are written once more.
 * @param paths Below the experiment.
 */
export async function ousting(
  population: Population,
  paths: readonly string[],
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    const isOusted = error instanceof PopulationError && error.code === 'INVALID';
    if (!isOusted && !isOutOfPlace(error)) throw error;
    for (const path of paths) {
      const kind = await ifPresent(population.filesystem.kind(population.path(path)));
      if (kind !== undefined && kind !== 'file')
        await setAside(population, path, 'in the place of what a worker writes');
    }
    await write();
  }
}

/**
 * Removes a folder that nothing came into. Only while it is empty: looking is no proof of absence, and a rename may
 * be carried out after it was answered.
 * @returns Whether nothing has come. What has come keeps its reason.
 */
async function giveUp(population: Population, folder: string, why: object): Promise<boolean> {
  const path = population.path(folder);
  try {
    await ifPresent(population.filesystem.unlink(`${path}/${REASON}`));
    await population.filesystem.removeDirectory(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw unfit(path, error);
  }
  await writeReason(population, folder, why);
  return false;
}

async function writeReason(population: Population, folder: string, why: object): Promise<void> {
  const path = population.path(folder);
  try {
    await population.filesystem.write(`${path}/${REASON}`, formatDocument(why));
    await population.filesystem.sync([`${path}/${REASON}`]);
  } catch (error) {
    throw unfit(path, error);
  }
}

/** The next number that mkdir grants, as with workers. */
async function claimFolder(population: Population): Promise<string> {
  const { filesystem } = population;
  const make = async (below: string): Promise<boolean> => {
    try {
      await filesystem.makeDirectory(population.path(below));
      return true;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw unfit(population.path(below), error);
      return false;
    }
  };
  const isThere = async () =>
    (await make(LOST_AND_FOUND)) || (await mayBeDirectory(population, LOST_AND_FOUND));
  if (!(await isThere())) {
    // A file, a link to elsewhere: it stays beside, for a person to look at.
    const beside = `${LOST_AND_FOUND}.${integer(population.random, 2 ** 48).toString(36)}`;
    await population.move(`./${LOST_AND_FOUND}`, `./${beside}`);
    if (!(await isThere())) {
      const problem = 'it is no directory: nothing can be moved out of the way';
      throw new PopulationError('INVALID', `${population.path(LOST_AND_FOUND)}: ${problem}; remove it`);
    }
  }
  const taken = (await population.list(LOST_AND_FOUND)).map((name) =>
    Number(/^[0-9]{1,12}$/.exec(name)?.[0] ?? 0),
  );
  for (let number = largest(taken) + 1; ; number++) {
    const folder = `${LOST_AND_FOUND}/${String(number).padStart(6, '0')}`;
    if (await make(folder)) return folder;
  }
}
