import { stat } from 'node:fs/promises';
import { type Clock, type Population, isMissing } from '@galapagos/population';
import { untilInterrupted } from '../interruption.js';
import { type LastLines, lastLines } from './last-lines.js';
import type { Log } from './find-logs.js';
import type { LogLine } from './log-line.js';
import { type Selection, Sieve, type WantedLine, logsOf } from './log-selection.js';
import { patience } from '../patience.js';
import { Tail } from './tail.js';
import type { Terminal } from '../terminal.js';

/** Seconds between two looks for what was written. */
const FOLLOW_SECONDS = 0.5;
/** The longer a log is silent, the less often it is looked at: of thousands most are those of workers that left long ago. */
const PART_OF_SILENCE = 0.1;
/** Seconds between two looks at most; more where there are so many logs that it would be more looks a second. */
const SELDOM_SECONDS = 2;
const LOOKS_PER_SECOND = 100;

/** Lines that are read at most of what a slot has printed. */
const MOST_PRINTED = 1e5;

/** By how many milliseconds the clock of who keeps a file may be behind that of who writes to it. */
const SKEW_MS = 60_000;

/** A log, and how far it has been read. */
interface ReadLog {
  readonly log: Log;
  readonly sieve: Sieve;
  readonly at: Pick<LastLines, 'end' | 'inode'>;
  /** In milliseconds since 1970. */
  readonly writtenAt: number;
}

/** The last lines that are wanted, in the order of their times; and the logs that they were looked for in. */
export async function readLast(
  population: Population,
  selection: Selection,
  count: number,
): Promise<{ found: LogLine[]; logs: ReadLog[] }> {
  const files = (await inOrderOfWriting(await logsOf(population, selection))).filter(
    ({ writtenAt }) => writtenAt + SKEW_MS >= Math.max(selection.since ?? 0, selection.after),
  );
  let found: WantedLine[] = [];
  const logs: ReadLog[] = [];
  for (const { log, writtenAt, at } of files) {
    const sieve = new Sieve(selection, log);
    // Of those that were last written before the page begins nothing is on it.
    const isFull = found.length >= count && Date.parse(found[0]?.time ?? '') > writtenAt + SKEW_MS;
    const read = isFull ? { lines: [], ...at } : await lastOf(log, selection, count);
    logs.push({ log, sieve, at: read, writtenAt });
    const wanted = sieve.wanted(read.lines, writtenAt);
    found = inTimeOrder([...found, ...wanted.slice(Math.max(0, wanted.length - count))]);
    found = found.slice(Math.max(0, found.length - count));
  }
  return { found: found.map(({ line }) => line), logs };
}

/** Lines that may be wanted. */
async function lastOf(log: Log, selection: Selection, count: number): Promise<LastLines> {
  // Whose a printed line is, the lines before it say; they are few, since workers have logs of their own.
  if (log.slot !== undefined) return await lastLines(log.path, MOST_PRINTED, () => true);
  const sieve = new Sieve(selection, log);
  const isWanted = (line: string) => sieve.read(line) !== undefined;
  const last = await lastLines(log.path, count, isWanted);
  const missing = count - last.lines.length;
  if (log.older === undefined || missing <= 0) return last;
  const { lines } = await lastLines(log.older, missing, isWanted);
  return { ...last, lines: [...lines, ...last.lines] };
}

/** The one that was written last comes first. What was deleted meanwhile is left out. */
async function inOrderOfWriting(
  logs: readonly Log[],
): Promise<{ log: Log; writtenAt: number; at: ReadLog['at'] }[]> {
  const found = [];
  for (const log of logs) {
    const status = await stat(log.path).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    const { mtimeMs = 0, size = 0, ino } = status ?? {};
    if (status !== undefined || log.older !== undefined)
      found.push({ log, writtenAt: mtimeMs, at: { end: size, inode: ino } });
  }
  return found.sort((a, b) => b.writtenAt - a.writtenAt);
}

/** Lines of several logs, each in its own order. */
function inTimeOrder(lines: WantedLine[]): WantedLine[] {
  return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** A log that is followed. */
class Followed {
  readonly #tail: Tail;
  readonly #sieve: Sieve;
  /** On the clock of this process. */
  #writtenAt: number;
  #dueAt = 0;

  constructor({ log, sieve, at, writtenAt }: ReadLog, clock: Clock) {
    this.#tail = new Tail(log.path, at, log.older);
    this.#sieve = sieve;
    this.#writtenAt = clock.monotonic() - (clock.now().getTime() - writtenAt) / 1000;
  }

  /**
   * What has come since, of a log that it is time to look at.
   * @param seldom Seconds between two looks at most.
   */
  async read(clock: Clock, seldom: number): Promise<WantedLine[]> {
    const now = clock.monotonic();
    if (now < this.#dueAt) return [];
    const lines = await this.#tail.read();
    if (lines.length > 0) this.#writtenAt = now;
    // A clock that is behind takes what was just written for the future.
    const pause = Math.min(PART_OF_SILENCE * (now - this.#writtenAt), seldom);
    this.#dueAt = now + Math.max(pause, FOLLOW_SECONDS);
    return this.#sieve.wanted(lines, clock.now().getTime());
  }
}

/** Prints what is written from now on, also by workers that join meanwhile, until Ctrl-C. */
export async function followLogs(
  population: Population,
  selection: Selection,
  logs: readonly ReadLog[],
  print: (line: LogLine) => void,
  terminal: Terminal,
): Promise<void> {
  const { clock } = population;
  const followed = new Map(logs.map((read) => [read.log.path, new Followed(read, clock)]));
  const patiently = patience(terminal);
  const interruption = untilInterrupted();
  try {
    while (!interruption.signal.aborted) {
      await patiently(async () => {
        for (const log of await logsOf(population, selection)) {
          if (followed.has(log.path)) continue;
          const begun = { at: { end: 0, inode: undefined }, writtenAt: clock.now().getTime() };
          const read = { log, sieve: new Sieve(selection, log), ...begun };
          followed.set(log.path, new Followed(read, clock));
        }
        const fresh: WantedLine[] = [];
        const seldom = Math.max(SELDOM_SECONDS, followed.size / LOOKS_PER_SECOND);
        for (const one of followed.values()) fresh.push(...(await one.read(clock, seldom)));
        for (const { line } of inTimeOrder(fresh)) print(line);
      });
      await clock.sleep(FOLLOW_SECONDS, interruption.signal);
    }
  } finally {
    interruption.close();
  }
}
