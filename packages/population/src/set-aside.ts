import { POPULATION_FORMAT, formatDocument } from './documents.js';
import { errorCode, unfit } from './filesystem-errors.js';
import { removeTree } from './files.js';
import { LOST_AND_FOUND } from './layout.js';
import type { Population } from './population.js';

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
  const { filesystem, clock } = population;
  const folder = await claimFolder(population);
  const why = { format: POPULATION_FORMAT, path, problem, setAsideAt: clock.now().toISOString() };
  try {
    await filesystem.write(population.path(`${folder}/why.json`), formatDocument(why), { sync: true });
  } catch (error) {
    throw unfit(population.path(folder), error);
  }
  const target = `${folder}/${path.slice(path.lastIndexOf('/') + 1)}`;
  if (await population.move(path.includes('/') ? path : `./${path}`, target)) return target;
  await removeTree(filesystem, population.path(folder));
  return undefined;
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
  await make(LOST_AND_FOUND);
  const taken = (await population.list(LOST_AND_FOUND)).map((name) =>
    Number(/^[0-9]+$/.exec(name)?.[0] ?? 0),
  );
  for (let number = Math.max(0, ...taken) + 1; ; number++) {
    const folder = `${LOST_AND_FOUND}/${String(number).padStart(6, '0')}`;
    if (await make(folder)) return folder;
  }
}
