import { type AliveEntry, type Entry, type IndividualId, nameOf, pathOf } from './layout.js';

/** The states of an individual, in the order in which it goes through them. */
export const STATES = ['training', 'alive', 'dead', 'hall-of-fame'] as const satisfies Entry['state'][];

/**
 * Individuals that are in more than one place; of each its places, first the one that it is left to: that of the
 * highest tenure, of the same tenure the one that is further on its way.
 */
export function inSeveralPlaces(entries: readonly Entry[]): Entry[][] {
  const places = new Map<IndividualId, Map<string, Entry>>();
  for (const entry of entries) {
    const known = places.get(entry.id) ?? new Map<string, Entry>();
    places.set(entry.id, known.set(pathOf(entry), entry));
  }
  return [...places.values()]
    .filter(({ size }) => size > 1)
    .map((all) => [...all.values()].sort(latestFirst));
}

/** Those in training or alive who are recorded as dead. */
export function livingThoughRecorded(
  entries: readonly Entry[],
  isRecorded: (id: IndividualId) => boolean,
): Entry[] {
  return entries.filter(({ state, id }) => (state === 'training' || state === 'alive') && isRecorded(id));
}

/** Those in the hall of fame of whom there is no record. */
export function famousWithoutRecord(
  entries: readonly Entry[],
  isRecorded: (id: IndividualId) => boolean,
): AliveEntry[] {
  return entries.filter(
    (entry): entry is AliveEntry => entry.state === 'hall-of-fame' && !isRecorded(entry.id),
  );
}

function latestFirst(a: Entry, b: Entry): number {
  return (
    b.tenure - a.tenure ||
    STATES.indexOf(b.state) - STATES.indexOf(a.state) ||
    (nameOf(a) < nameOf(b) ? -1 : 1)
  );
}
