import { DnaError } from '@galapagos/dna';
import { PopulationError } from './errors.js';
import { allEntries, trashed } from './find.js';
import { readIndividual } from './individual.js';
import { type Entry, type IndividualId, pathOf } from './layout.js';
import { type Outline, outlineOf } from './outline.js';
import type { Population } from './population.js';
import { recordedOutlines } from './recorded.js';

/** Looks at the directories: what moved just then is found in the next. */
const LOOKS = 3;

export interface EveryoneOptions {
  /** Told of what has the name of an individual and cannot be read as one; `fsck` says why. */
  readonly onUnreadable?: (path: string) => void;
}

/**
 * Every individual that ever was, each id once: those in training, alive, dead, in a trash and in the hall of fame,
 * and then those of whom only a record is left.
 */
export async function everyone(
  population: Population,
  { onUnreadable }: EveryoneOptions = {},
): Promise<Outline[]> {
  const found = new Map<IndividualId, Outline>();
  let missed = new Set<string>();
  for (let look = 0; look === 0 || (look < LOOKS && missed.size > 0); look++) {
    missed = new Set();
    for (const { entry, path } of await places(population)) {
      if (found.has(entry.id)) continue;
      const outline = await readOutline(population, entry, path);
      if (outline === undefined) missed.add(path);
      else found.set(entry.id, outline);
    }
  }
  for (const path of missed) onUnreadable?.(path);
  for (const outline of await recordedOutlines(population))
    if (!found.has(outline.id)) found.set(outline.id, outline);
  return [...found.values()];
}

/** In the order in which an individual moves, so that none is missed. */
async function places(population: Population): Promise<{ entry: Entry; path: string }[]> {
  const entries = await allEntries(population);
  const withPaths = entries.map((entry) => ({ entry, path: pathOf(entry) }));
  return [...withPaths, ...(await trashed(population))];
}

async function readOutline(population: Population, entry: Entry, path: string): Promise<Outline | undefined> {
  try {
    const individual = await readIndividual(population, entry, path);
    return individual === undefined ? undefined : outlineOf(individual);
  } catch (error) {
    // One that was spoilt is no reason not to list the others.
    if (error instanceof DnaError || error instanceof PopulationError) return undefined;
    throw error;
  }
}
