import type { Population } from '@galapagos/population';
import { untilInterrupted } from './interruption.js';
import { type SlotLog, Tail, lastLines } from './log-files.js';
import type { LogLine } from './log-line.js';
import { type Selection, logsOf, wantedLine } from './log-selection.js';
import { patience } from './patience.js';
import type { Terminal } from './terminal.js';

/** Seconds between two looks for what was written. */
const FOLLOW_SECONDS = 0.5;

/** A log, and how far it has been read. */
interface ReadLog {
  readonly log: SlotLog;
  readonly end: number;
}

/** The last lines that are wanted, of all slots in the order of their times; and the logs that they were looked for in. */
export async function readLast(
  population: Population,
  selection: Selection,
  count: number,
): Promise<{ found: LogLine[]; logs: ReadLog[] }> {
  let found: LogLine[] = [];
  const logs: ReadLog[] = [];
  for (const launch of await logsOf(population, selection)) {
    // Of older launches nothing is read when the newer ones fill the page.
    const missing = Math.max(0, count - found.length);
    const ofLaunch: LogLine[] = [];
    for (const log of launch) {
      const { lines, end } = await lastLines(
        log.path,
        missing,
        (line) => wantedLine(selection, log, line) !== undefined,
      );
      logs.push({ log, end });
      ofLaunch.push(...lines.flatMap((line) => wantedLine(selection, log, line) ?? []));
    }
    const ordered = inTimeOrder(ofLaunch);
    found = [...ordered.slice(Math.max(0, ordered.length - missing)), ...found];
  }
  return { found, logs };
}

/** Lines of several slots, each slot in its own order; a line without a time stays with the one before it. */
function inTimeOrder(lines: readonly LogLine[]): LogLine[] {
  const times = new Map<string, string>();
  const timed = lines.map((line) => {
    const log = `${line.launch}/${line.slot}`;
    const time = line.time ?? times.get(log) ?? '';
    times.set(log, time);
    return { line, time };
  });
  return timed.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)).map(({ line }) => line);
}

/** Prints what is written from now on, also by launches that begin meanwhile, until Ctrl-C. */
export async function followLogs(
  population: Population,
  selection: Selection,
  logs: readonly ReadLog[],
  print: (line: LogLine) => void,
  terminal: Terminal,
): Promise<void> {
  const tails = new Map(logs.map(({ log, end }) => [log.path, new Tail(log, end)]));
  const patiently = patience(terminal);
  const interruption = untilInterrupted();
  try {
    while (!interruption.signal.aborted) {
      await patiently(async () => {
        for (const log of (await logsOf(population, selection)).flat()) {
          if (!tails.has(log.path)) tails.set(log.path, new Tail(log, 0));
        }
        const fresh: LogLine[] = [];
        for (const tail of tails.values()) {
          const lines = await tail.read();
          fresh.push(...lines.flatMap((line) => wantedLine(selection, tail.log, line) ?? []));
        }
        for (const line of inTimeOrder(fresh)) print(line);
      });
      await population.clock.sleep(FOLLOW_SECONDS, interruption.signal);
    }
  } finally {
    interruption.close();
  }
}
