import { type ClockFacts, commonClock, compareClocks } from './common-clock.js';
import type { Effort } from './effort.js';
import type { Gathering } from './gathering.js';
import { type ListingFacts, listWhileRenaming } from './listings.js';
import { type Course, type RaceFacts, isSound, sumOf } from './race.js';
import { raceToMake, raceToName, raceToOneName, raceToOwnNames } from './rename-races.js';
import { type VisibilityFacts, measureVisibility } from './visibility.js';

/** What several processes find out of a mount that all of them use at once. */
export interface SharedFacts {
  readonly participants: number;
  readonly ownNames: RaceFacts;
  /** Null where it was not looked at. */
  readonly oneName: RaceFacts | null;
  /** By mkdir. */
  readonly made: RaceFacts;
  /** By hard links; by exclusive creation where there are none. */
  readonly named: RaceFacts;
  /** Null where it was not looked at. */
  readonly listings: ListingFacts | null;
  readonly visibility: VisibilityFacts;
  readonly clocks: ClockFacts;
}

/** What is being done, in a few words. */
export type OnStep = (what: string) => void;

/**
 * Each participant calls it, with the same effort, and gets the same facts.
 * @throws MissingParticipant; a filesystem's error, where it refuses.
 */
export async function examineTogether(
  gathering: Gathering,
  effort: Effort,
  hasLinks: boolean,
  onStep: OnStep = () => undefined,
): Promise<SharedFacts> {
  onStep('one looks for what another does');
  const visibility = await measureVisibility(gathering, effort.exchanges);
  const clocks = await compareClocks(gathering, effort.exchanges);
  const clock = commonClock(gathering, clocks);
  const course: Course = {
    rounds: effort.rounds,
    settledSeconds: effort.settledSeconds,
    clock,
    interval: 2 * clock.error + 1.5 * Math.min(0.05, visibility.rename.median),
    notice: 0.03 + 2 * visibility.newName.worst,
  };
  onStep('all rename the same directory');
  const ownNames = await raceUntilContested(gathering, course, effort.contested);
  onStep('all make the same directory');
  const made = await raceToMake(gathering, course);
  onStep('all give the same name to a file');
  const named = await raceToName(gathering, course, hasLinks ? 'link' : 'create');
  const facts = { participants: gathering.names.length, ownNames, made, named, visibility, clocks };
  if (!effort.isThorough) return { ...facts, oneName: null, listings: null };
  onStep('all rename a directory to the same name');
  const oneName = await raceToOneName(gathering, course);
  onStep('one renames while others list');
  const listings = await listWhileRenaming(gathering, effort.entries, effort.listings);
  return { ...facts, oneName, listings };
}

/** On a busy machine two are seldom at it at the same time. */
const MOST_LAPS = 5;

async function raceUntilContested(
  gathering: Gathering,
  course: Course,
  contested: number,
): Promise<RaceFacts> {
  let facts = await raceToOwnNames(gathering, course, 1);
  for (let lap = 2; lap <= MOST_LAPS && facts.contested < contested && isSound(facts); lap++)
    facts = sumOf(facts, await raceToOwnNames(gathering, course, lap));
  return facts;
}
