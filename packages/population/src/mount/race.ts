import { errorCode } from '../filesystem-errors.js';
import { byMany } from './by-many.js';
import type { CommonClock } from './common-clock.js';
import type { Gathering } from './gathering.js';

/** What came of racing: counts of rounds, as the participant saw it that saw the worst. */
export interface RaceFacts {
  readonly rounds: number;
  /** Rounds in which two were at it at the same time. */
  readonly contested: number;
  /** One was told that it had won, and had not; of two who were told so, one. */
  readonly falseWins: number;
  /** One was told that it had lost, and had won. */
  readonly falseLosses: number;
  /** What was raced for is nowhere. */
  readonly lost: number;
  /** It is there twice. */
  readonly doubled: number;
  /** It is there, and not whole. */
  readonly spoilt: number;
  /** What those who lost were told, and how often. */
  readonly answers: Readonly<Record<string, number>>;
}

/** What is wrong with one round, as seen in the directory afterwards. */
export type Fault = 'falseWins' | 'falseLosses' | 'lost' | 'doubled' | 'spoilt';

/** The outcomes of one round, by participant. */
export type Round = ReadonlyMap<string, string>;

export const WON = 'won';

export interface Race {
  /** By each participant, before anybody races. */
  readonly prepare: (round: number) => Promise<void>;
  /** What only one can do; rejects for the others. */
  readonly attempt: (round: number) => Promise<void>;
  /** By each participant when all have raced: what it sees. */
  readonly audit: (outcomes: readonly Round[]) => Promise<Fault[]>;
}

/** How a race is run. */
export interface Course {
  readonly rounds: number;
  readonly settledSeconds: number;
  readonly clock: CommonClock;
  /** Seconds from one round to the next. */
  readonly interval: number;
  /** Seconds from when all are ready to the first round: until all have seen that they are. */
  readonly notice: number;
}

/** One attempt: what came of it, when it began and ended. */
type Attempt = readonly [outcome: string, from: number, to: number];

/** All try the same at the same time, round for round. Whoever is late catches up, since losing is quick. */
export async function race(
  gathering: Gathering,
  course: Course,
  { prepare, attempt, audit }: Race,
): Promise<RaceFacts> {
  const { rounds } = course;
  await byMany(rounds, prepare);
  const start = Math.max(...(await gathering.share(course.clock.now()))) + course.notice;
  const mine: Attempt[] = [];
  for (let round = 0; round < rounds; round++) {
    await untilTime(
      gathering,
      course.clock,
      start + round * course.interval + stagger(gathering, course, round),
    );
    const from = course.clock.now();
    mine.push([await outcomeOf(attempt(round)), from, course.clock.now()]);
  }
  const all = await gathering.share(mine);
  const attempts = Array.from({ length: rounds }, (_, round) => all.map((each) => each[round] ?? NONE));
  const outcomes = attempts.map(
    (each) => new Map(gathering.names.map((name, index) => [name, each[index]?.[0] ?? ''])),
  );
  const seen = await gathering.share(await settledFaults(gathering, course, () => audit(outcomes)));
  const most = (fault: Fault) =>
    Math.max(...seen.map((faults) => faults.filter((one) => one === fault).length));
  return {
    rounds,
    contested: attempts.filter(overlap).length,
    falseWins: most('falseWins'),
    falseLosses: most('falseLosses'),
    lost: most('lost'),
    doubled: most('doubled'),
    spoilt: most('spoilt'),
    answers: answersOf(outcomes),
  };
}

const NONE: Attempt = ['', 0, 0];

/** Where clocks are known inexactly: all that they may be apart, evenly, so that some rounds meet. */
function stagger({ names, me }: Gathering, { clock }: Course, round: number): number {
  return 2 * clock.error * ((round * 0.618_034 * (1 + names.indexOf(me))) % 1);
}

/** Timers are late by a millisecond, which is an age here. */
async function untilTime(gathering: Gathering, clock: CommonClock, time: number): Promise<void> {
  const wait = time - clock.now() - 0.002;
  if (wait > 0) await gathering.clock.sleep(wait);
  while (clock.now() < time);
}

async function outcomeOf(attempt: Promise<void>): Promise<string> {
  try {
    await attempt;
    return WON;
  } catch (error) {
    const code = errorCode(error);
    if (code === '') throw error;
    return code;
  }
}

/** Another's change may be seen a moment later: what is wrong for good is wrong then too. */
async function settledFaults(
  gathering: Gathering,
  { settledSeconds }: Course,
  audit: () => Promise<Fault[]>,
): Promise<Fault[]> {
  const { clock } = gathering;
  const until = clock.monotonic() + settledSeconds;
  for (;;) {
    const faults = await audit();
    // That a rename failed which had happened stays so.
    if (faults.every((fault) => fault === 'falseLosses') || clock.monotonic() > until) return faults;
    await clock.sleep(0.25);
  }
}

/** Whether each round had one winner, and nothing was lost. */
export function isSound({ falseWins, lost, doubled, spoilt }: RaceFacts): boolean {
  return falseWins + lost + doubled + spoilt === 0;
}

/** Of two races of the same kind. */
export function sumOf(one: RaceFacts, other: RaceFacts): RaceFacts {
  const answers = { ...one.answers };
  for (const [answer, count] of Object.entries(other.answers))
    answers[answer] = (answers[answer] ?? 0) + count;
  return {
    rounds: one.rounds + other.rounds,
    contested: one.contested + other.contested,
    falseWins: one.falseWins + other.falseWins,
    falseLosses: one.falseLosses + other.falseLosses,
    lost: one.lost + other.lost,
    doubled: one.doubled + other.doubled,
    spoilt: one.spoilt + other.spoilt,
    answers,
  };
}

export function winners(round: Round | undefined): string[] {
  return [...(round ?? [])].filter(([, outcome]) => outcome === WON).map(([name]) => name);
}

function overlap(attempts: readonly Attempt[]): boolean {
  return attempts.some(([, from, to], one) =>
    attempts.some(([, otherFrom, otherTo], other) => other > one && from < otherTo && otherFrom < to),
  );
}

function answersOf(outcomes: readonly Round[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of outcomes.flatMap((round) => [...round.values()])) {
    if (answer !== WON) counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}
