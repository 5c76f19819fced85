import { DnaError } from '@galapagos/dna';
import { PopulationError } from './errors.js';
import { allLines } from './history-lines.js';
import { readIndividual } from './individual.js';
import { type Entry, type IndividualId, pathOf } from './layout.js';
import { type Outline, outlineOf, parseOutline } from './outline.js';
import type { Population } from './population.js';
import { allEntries, trashed } from './find.js';

/** Looks at the directories: what moved just then is found in the next. */
const LOOKS = 3;

export interface EveryoneOptions {
  /** Told of what has the name of an individual and cannot be read as one; `fsck` says why. */
  readonly onUnreadable?: (path: string) => void;
  /** Of the records only those whose text names this individual: its own, and those of its children. */
  readonly naming?: IndividualId;
}

/**
 * Every individual that ever was, each id once: those in training, alive, dead, in a trash and in the hall of fame,
 * and then those of whom only a record is left.
 */
export async function* everyone(
  population: Population,
  { onUnreadable, naming }: EveryoneOptions = {},
): AsyncGenerator<Outline> {
  const named = naming === undefined ? undefined : Buffer.from(JSON.stringify(naming));
  const seen = new Set<IndividualId>();
  let missed = new Set<string>();
  for (let look = 0; look === 0 || (look < LOOKS && missed.size > 0); look++) {
    missed = new Set();
    for (const { entry, path } of await places(population)) {
      if (seen.has(entry.id)) continue;
      const outline = await readOutline(population, entry, path);
      if (outline === undefined) missed.add(path);
      else {
        seen.add(entry.id);
        yield outline;
      }
    }
  }
  for (const path of missed) onUnreadable?.(path);
  for await (const line of allLines(population)) {
    if (named !== undefined && !line.bytes.includes(named)) continue;
    const outline = parseOutline(population, line);
    if (outline === undefined || seen.has(outline.id)) continue;
    seen.add(outline.id);
    yield outline;
  }
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
