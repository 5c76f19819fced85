import { type Population, findIndividual, isIndividualId, workerNames } from '@galapagos/population';
import { LEVELS, type Level } from '@galapagos/worker';
import { lastLines } from './last-lines.js';
import { type Log, launchesOf, slotLogsOf, workerLogsOf } from './find-logs.js';
import { type LogLine, parseLogLine } from './log-line.js';
import { UsageError } from '../usage-error.js';

/** Which lines of which logs somebody wants to see. */
export interface Selection extends Whom {
  /** The name of a launch; undefined for all, and the workers that nobody launched. */
  readonly launch: string | undefined;
  readonly level: Level;
  /** Nothing older, in milliseconds since 1970. */
  readonly after: number;
}

interface Whom {
  readonly slot?: number;
  /** The worker whose log alone is wanted, beside what its process has printed. */
  readonly worker?: string;
  /** By the text, so that a long log is not parsed for a few lines. */
  readonly concerns: (line: string) => boolean;
  /** When there can be the first line of it, in milliseconds since 1970, by a clock that may differ by some. */
  readonly since?: number;
}

/** @throws UsageError when there is nobody of that name. */
export async function selectionOf(population: Population, who: string | undefined): Promise<Whom> {
  if (who === undefined) return { concerns: () => true };
  const [, slot] = /^(?:slot-)?([0-9]+)$/.exec(who) ?? [];
  if (slot !== undefined) return { slot: Number(slot), concerns: () => true };
  const individual = isIndividualId(who) ? await findIndividual(population, who) : undefined;
  if (individual !== undefined) {
    // As JSON writes it: no other name contains it.
    return { concerns: (line) => line.includes(`"${who}"`), since: Date.parse(individual.birth.bornAt) };
  }
  if ((await workerNames(population)).includes(who)) return { worker: who, concerns: () => true };
  throw new UsageError(`${population.root}: there is no worker, individual or slot ${who}`);
}

/** The logs to look into. @throws UsageError when there is no such launch. */
export async function logsOf(population: Population, selection: Selection): Promise<Log[]> {
  const launches = await launchesOf(population);
  const { slot, worker } = selection;
  // A slot is one of the newest launch, unless one says which.
  const launch = selection.launch ?? (slot === undefined ? undefined : launches[0]);
  if (selection.launch !== undefined && !launches.includes(selection.launch)) {
    const known = launches.slice(0, 3).join(', ');
    throw new UsageError(
      `${population.root}: there is no launch ${launch} in logs/${known === '' ? '' : `; the newest are ${known}`}`,
    );
  }
  const printed: Log[] = [];
  for (const name of launch === undefined ? launches : [launch]) {
    const slots = await slotLogsOf(population, name);
    printed.push(...slots.filter((log) => slot === undefined || log.slot === slot));
  }
  const joined = launch === undefined ? undefined : await workersIn(printed);
  if (worker !== undefined && joined?.has(worker) === false)
    throw new UsageError(`${population.root}: ${worker} was no worker of the launch ${launch}`);
  const own = await workerLogsOf(population);
  return [
    ...printed,
    ...own.filter(
      (log) => (joined?.has(log.worker) ?? true) && (worker === undefined || log.worker === worker),
    ),
  ];
}

/** The workers that have filled slots. */
async function workersIn(logs: readonly Log[]): Promise<Set<string>> {
  const workers = new Set<string>();
  for (const { path } of logs) {
    await lastLines(path, Infinity, (line) => {
      const worker = workerOf(line);
      if (worker !== undefined) workers.add(worker);
      return false;
    });
  }
  return workers;
}

/** The worker that a line names as the one that says it. */
export function workerOf(line: string): string | undefined {
  return /"worker":"([a-z0-9]+)"/.exec(line)?.[1];
}

/** A line that is wanted, read, and when it was written, as far as one knows. */
export interface WantedLine {
  readonly line: LogLine;
  readonly time: string;
}

/** What is wanted of the lines of a log, which are to be given in their order. */
export class Sieve {
  #speaker: string | undefined;

  constructor(
    private readonly selection: Selection,
    private readonly log: Log,
  ) {}

  /**
   * The lines that are wanted. What a process has printed that is no event is the worker's that was named before it, and
   * may have been printed as late as the next event: a process that breaks says so at its end.
   * @param writtenAt When the last of them was written, in milliseconds since 1970.
   */
  wanted(lines: readonly string[], writtenAt: number): WantedLine[] {
    let time = new Date(writtenAt).toISOString();
    const times = lines
      .toReversed()
      .map((line) => (time = timeIn(line) ?? time))
      .reverse();
    const after = new Date(this.selection.after).toISOString();
    return lines.flatMap((text, index) => {
      const line = this.read(text);
      const at = times[index] ?? time;
      return line === undefined || at < after ? [] : [{ line, time: at }];
    });
  }

  /** The line, if it is wanted. */
  read(text: string): LogLine | undefined {
    const { concerns, level, worker } = this.selection;
    if (this.log.slot !== undefined) {
      this.#speaker = workerOf(text) ?? this.#speaker;
      if (worker !== undefined && this.#speaker !== worker) return undefined;
    }
    if (!concerns(text)) return undefined;
    const { launch, slot } = this.log;
    const origin = this.log.worker === undefined ? { launch, slot } : { worker: this.log.worker };
    const line = parseLogLine(origin, text);
    // It only says where its worker's log is, which begins with the same event.
    if (slot !== undefined && line.msg === 'joined' && line['log'] !== undefined) return undefined;
    // What is no event always matters.
    const known = (LEVELS as readonly string[]).indexOf(line.level ?? '');
    return known === -1 || known >= LEVELS.indexOf(level) ? line : undefined;
  }
}

/** When an event was logged, or the time that Slurm puts into its words: by the clock of its host, in its time zone. */
function timeIn(line: string): string | undefined {
  const [, event] = /"time":"([^"]+)"/.exec(line) ?? [];
  if (event !== undefined) return event;
  const [, local] = /\b(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)\b(?![.Z+])/.exec(line) ?? [];
  const milliseconds = local === undefined ? NaN : Date.parse(local);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}
