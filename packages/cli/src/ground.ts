import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { SeededRandom } from '@galapagos/dna';
import { UsageError } from './usage-error.js';
import {
  type Filesystem,
  type Ground,
  Population,
  filesystemAt,
  nodeFilesystem,
  systemClock,
} from '@galapagos/population';

/** The real filesystem, the real clock, and chance that no seed repeats: it draws names and waiting times only. */
export function realGround(): Ground {
  return { filesystem: nodeFilesystem, clock: systemClock, random: new SeededRandom(randomUUID()) };
}

/**
 * Opens the population of an experiment's directory.
 * @param over What to lay over the filesystem, where something is to be noted of what is done.
 * @throws PopulationError when it is none.
 */
export async function openPopulation(
  directory: string,
  over: (filesystem: Filesystem) => Filesystem = (filesystem) => filesystem,
): Promise<Population> {
  if (directory === '')
    throw new UsageError('the directory of the experiment is empty: is a variable not set?');
  const root = resolve(directory);
  return await Population.open(root, { ...realGround(), filesystem: over(await filesystemAt(root)) });
}
