import type { BetweenFacts, MountFacts, SharedFacts, SoloFacts } from '@galapagos/population';
import { judgeRaces } from './judge-races.js';
import { bytes, count, instant, percent } from './format.js';

export interface Judgement {
  /** What was looked at. */
  readonly subject: string;
  readonly level: 'good' | 'limit' | 'unfit';
  readonly measured: string;
  /** What follows from it, where anything does. */
  readonly follows: string | null;
}

export interface Verdict {
  readonly verdict: 'fit' | 'fit with limits' | 'unfit';
  readonly settings: { readonly leaseSeconds: number };
  readonly judgements: Judgement[];
}

/** Seconds after which a silent worker is taken for gone: on a disk, and where hangs of half a minute were seen. */
const LOCAL_LEASE = 10;
const NETWORK_LEASE = 60;
/** A lease lasts as long as so many of the slowest that was seen, of what a beat needs. */
const SAFETY = 10;

/** Whether workers can work there, and what follows from what was measured. */
export function judgeMount(facts: MountFacts, between: BetweenFacts | null = null): Verdict {
  const leaseSeconds = leaseOf(facts, between);
  const judgements = [
    ...judgeRaces(facts.together, `${facts.together.participants} processes`),
    ...judgeListings(facts.together),
    ...judgeAlone(facts.alone),
    judgeVisibility(facts.together, 'another process', leaseSeconds),
    ...(between === null ? [] : judgeBetween(between, leaseSeconds)),
  ];
  const levels = judgements.map(({ level }) => level);
  const verdict = levels.includes('unfit') ? 'unfit' : levels.includes('limit') ? 'fit with limits' : 'fit';
  return { verdict, settings: { leaseSeconds }, judgements };
}

function judgeBetween({ other, isFirst, together }: BetweenFacts, lease: number): Judgement[] {
  const prefix = (judgement: Judgement) => ({ ...judgement, subject: `with ${other}: ${judgement.subject}` });
  return [
    ...judgeRaces(together, 'two hosts'),
    ...judgeListings(together),
    judgeVisibility(together, other, lease),
    judgeClocks(together.clocks, other, isFirst),
  ].map(prefix);
}

/** Rounded up to ten seconds: what was measured was measured once. */
function leaseOf({ alone, together }: MountFacts, between: BetweenFacts | null): number {
  const seen = [together, ...(between === null ? [] : [between.together])].map((facts) =>
    slowestLook(facts.visibility),
  );
  const slowest = Math.max(alone.written.worst, alone.renamed.worst, ...seen);
  const least = alone.medium !== 'network' && between === null ? LOCAL_LEASE : NETWORK_LEASE;
  return Math.max(least, 10 * Math.ceil((SAFETY * slowest) / 10));
}

function slowestLook({ newName, rename, change }: SharedFacts['visibility']): number {
  return Math.max(newName.worst, rename.worst, change.worst);
}

function judgeListings({ listings }: SharedFacts): Judgement[] {
  if (listings === null) return [];
  const { within, between, missed, doubled, missedBetween, missedUntouched } = listings;
  const all = within + between;
  const untouched: Judgement = {
    subject: 'listings, of what nobody touches',
    measured:
      missedUntouched === 0
        ? `${all} while others renamed: nothing was missed`
        : `${missedUntouched} of ${all} missed something that had been there all the time`,
    ...(missedUntouched === 0
      ? { level: 'good', follows: null }
      : {
          level: 'unfit',
          follows: 'workers would take individuals that are there for gone: use another filesystem',
        }),
  };
  const moving: Judgement = {
    subject: 'listings, of what is renamed',
    measured: `in one directory ${percent(missed / Math.max(1, within))} missed it and ${percent(doubled / Math.max(1, within))} had it twice; of source and destination ${percent(missedBetween / Math.max(1, between))} missed it`,
    level: missedBetween === 0 ? 'good' : 'limit',
    follows:
      missedBetween === 0
        ? null
        : 'the population may be counted one too small for a moment, and is one too large until the next tournament',
  };
  return [untouched, moving];
}

/** What is slow: seconds for one operation. */
const SLOW = 0.05;
/** Seconds by which clocks may be apart before anybody notices. */
const APART = 5;
const LITTLE_BYTES = 1e9;
const FEW_INODES = 10_000;

function judgeAlone(alone: SoloFacts): Judgement[] {
  return [
    ...judgeMedium(alone),
    judgeSync(alone),
    judgeSpeed(alone),
    judgeTimes(alone),
    judgeLinks(alone),
    judgeRoom(alone),
  ];
}

function judgeMedium({ medium }: SoloFacts): Judgement[] {
  if (medium !== 'memory') return [];
  const follows = 'nothing of it is left when this machine stops: keep a search elsewhere';
  return [{ subject: 'where it lies', level: 'limit', measured: 'in the memory of this machine', follows }];
}

function judgeSync({ written, synced, directorySynced, medium }: SoloFacts): Judgement {
  const subject = 'fsync';
  if (synced === null || directorySynced === null) {
    return {
      subject,
      level: 'unfit',
      measured: `refused for ${synced === null ? 'files' : 'directories'}`,
      follows: 'workers cannot have on disk what a power cut may not take, and would stop',
    };
  }
  const measured = `${instant(synced.median)} for a file of 4 kB (${instant(written.median)} without), at most ${instant(synced.worst)}; ${instant(directorySynced.median)} for a directory`;
  if (synced.median > SLOW) {
    const birth = instant(5 * synced.median);
    return {
      subject,
      level: 'limit',
      measured,
      follows: `a birth takes ${birth} for it: train longer than that`,
    };
  }
  const isFree = medium === 'disk' && synced.median < 2 * written.median && synced.median < 0.0005;
  return {
    subject,
    level: 'good',
    measured,
    follows: isFree ? 'nearly nothing: a very fast disk, or one that only says that it has written' : null,
  };
}

function judgeSpeed({ renamed, renamesPerSecond }: SoloFacts): Judgement {
  const isSlow = renamed.median > SLOW;
  return {
    subject: 'speed of renames',
    level: isSlow ? 'limit' : 'good',
    measured: `${count(renamesPerSecond, 'a second')} by one process; ${instant(renamed.median)} each, at most ${instant(renamed.worst)}`,
    follows: isSlow
      ? `a birth takes ${instant(2 * renamed.median)} for two of them: train longer than that`
      : null,
  };
}

function judgeTimes({ timeStep, serverAhead, serverAheadError }: SoloFacts): Judgement {
  const isApart = Math.abs(serverAhead) - serverAheadError > APART;
  return {
    subject: 'times of files',
    level: isApart ? 'limit' : 'good',
    measured: `in steps of ${instant(timeStep)}; their clock is ${apart(serverAhead, serverAheadError)}`,
    follows: isApart
      ? 'no lease depends on it, but two may collect the dead at once, which is harmless: set the clocks'
      : null,
  };
}

function judgeClocks({ ahead, error }: SharedFacts['clocks'], other: string, isFirst: boolean): Judgement {
  const others = isFirst ? ahead : -ahead;
  const isApart = Math.abs(others) - error > APART;
  return {
    subject: 'clocks',
    level: isApart ? 'limit' : 'good',
    measured: `that of ${other} is ${apart(others, error)}`,
    follows: isApart ? 'no lease depends on it, but bounds.wallSeconds is as inexact: set the clocks' : null,
  };
}

/** `2.1 s ahead of this host's (± 5 ms)`. */
function apart(ahead: number, error: number): string {
  const inexact = `± ${instant(Math.max(error, 0.001))}`;
  if (Math.abs(ahead) <= Math.max(error, 0.01)) return `this host's (${inexact})`;
  return `${instant(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} this host's (${inexact})`;
}

function judgeLinks({ hasLinks }: SoloFacts): Judgement {
  return {
    subject: 'hard links',
    level: hasLinks ? 'good' : 'limit',
    measured: hasLinks ? 'there are' : 'there are none',
    follows: hasLinks ? null : 'weights that a child inherits are copied, and take twice the room',
  };
}

function judgeRoom({ freeBytes, freeInodes }: SoloFacts): Judgement {
  const isLittle = freeBytes < LITTLE_BYTES || (freeInodes ?? Infinity) < FEW_INODES;
  const inodes = freeInodes === null ? '' : ` and ${count(freeInodes, 'inodes')}`;
  return {
    subject: 'room',
    level: isLittle ? 'limit' : 'good',
    measured: `${bytes(freeBytes)}${inodes} free`,
    follows: isLittle ? 'births stop when it is used up: init says what a search needs' : null,
  };
}

function judgeVisibility({ visibility }: SharedFacts, who: string, lease: number): Judgement {
  const { newName, rename, change } = visibility;
  const slowest = slowestLook(visibility);
  const isSlow = slowest > 1;
  return {
    subject: 'seeing what others do',
    level: isSlow ? 'limit' : 'good',
    measured: `${who} sees a new name after ${instant(newName.median)}, a rename after ${instant(rename.median)}, a changed file after ${instant(change.median)}; at most ${instant(slowest)}`,
    follows: isSlow
      ? `the lease has to be long (bounds.leaseSeconds=${lease}); pause, stop and status are as late`
      : null,
  };
}
