import { reachedBound } from './bounds.js';
import type { Clock } from './clock.js';
import { Control } from './control.js';
import { type Totals, type WorkerDocument, noTotals, readIfValid, totalsSchema } from './documents.js';
import { type FailureClass } from './documents.js';
import type { Bounds } from './experiment.js';
import type { Host } from './host.js';
import { bestEntry } from './find.js';
import {
  type AliveEntry,
  type Entry,
  type TrainingEntry,
  type WorkerName,
  isWorkerName,
  workerPath,
} from './layout.js';
import { readBeat, readWorker } from './liveness.js';
import { LEFT } from './membership.js';
import type { Population } from './population.js';
import type { Quarantine } from './quarantine.js';
import { readRoll } from './roll.js';

export interface WorkerSummary {
  readonly name: WorkerName;
  readonly document: WorkerDocument | undefined;
  /**
   * `left` as it said; `gone` when its process on this host is no more; `joining` as long as it has no document, and for
   * ever if it died before; else `working`, which one look cannot tell from a worker on another host that died.
   */
  readonly state: 'joining' | 'working' | 'left' | 'gone';
  readonly totals: Totals;
}

/** Whether a worker may be about to write: what it has is not to be touched. */
export function mayLive({ state }: WorkerSummary): boolean {
  return state === 'working' || state === 'joining';
}

/** A population at a glance. */
export interface Summary {
  readonly size: number;
  readonly setPoint: number;
  readonly training: readonly TrainingEntry[];
  /** The best first. */
  readonly alive: readonly AliveEntry[];
  /** Dead, and not collected yet. */
  readonly dead: number;
  /** The best that ever lived and still has its weights. */
  readonly best: Entry | undefined;
  readonly workers: readonly WorkerSummary[];
  readonly totals: Totals;
  /** When the first worker started, by its own clock. */
  readonly startedAt: string | undefined;
  /** The bound that the search has reached, in words, so that nobody begins anything any more. */
  readonly reachedBound: string | undefined;
  readonly bounds: Bounds;
  /** The sites that are not to train. */
  readonly quarantines: readonly Quarantine[];
  /** When the pause that holds was ordered; undefined where nobody is paused. */
  readonly pausedSince: string | undefined;
}

/**
 * Reads a population at a glance. Costs a listing of each state, three small files for each worker that
 * is not on the roll of those who left, and the evaluation of the best.
 * @param left What earlier summaries have found of those who left: it is not read again.
 */
export async function summarize(
  population: Population,
  host: Host,
  left: LeftWorkers = new Map(),
): Promise<Summary> {
  const { training, alive, size } = await population.living();
  const workers = await summarizeWorkers(population, host, left);
  const totals = sumTotals(workers.map((worker) => worker.totals));
  const control = new Control(population);
  await control.poll();
  const byFitness = alive.toSorted((a, b) => b.fitness - a.fitness);
  const starts = workers.flatMap(({ document }) => (document === undefined ? [] : [document.startedAt]));
  const startedAt = starts.sort((a, b) => Date.parse(a) - Date.parse(b)).at(0);
  const seconds = secondsSince(startedAt, population.clock);
  return {
    size,
    setPoint: population.experiment.search.populationSize,
    training,
    alive: byFitness,
    dead: (await population.dead()).length,
    best: await bestEntry(population),
    workers,
    totals,
    startedAt,
    reachedBound: reachedBound(control.bounds, { totals, best: byFitness[0]?.fitness, seconds }),
    bounds: control.bounds,
    quarantines: control.quarantines,
    pausedSince: control.pausedSince,
  };
}

/** Those who said that they left, of whom nothing changes any more. */
export type LeftWorkers = Map<WorkerName, WorkerSummary>;

/** Reads totals again and again, but those of who has left once. */
export class TotalsReader {
  #last: Promise<Map<WorkerName, Totals>> | undefined;

  constructor(private readonly population: Population) {}

  async of(worker: WorkerName): Promise<Totals> {
    const known = await (this.#last ??= totalsOnRoll(this.population));
    const last = known.get(worker);
    if (last !== undefined) return last;
    // In this order: whoever leaves writes the totals first.
    const hasLeft = (await readBeat(this.population, worker)) === LEFT;
    const totals = await findTotals(this.population, worker);
    // Only what was read: of who left nothing is missing for ever, but NFS may say so once.
    if (hasLeft && totals !== undefined) known.set(worker, totals);
    return totals ?? noTotals();
  }
}

async function totalsOnRoll(population: Population): Promise<Map<WorkerName, Totals>> {
  return new Map([...(await readRoll(population))].map(([name, { totals }]) => [name, totals]));
}

/** The totals of a worker; zeros where it has written none. */
export async function readTotals(population: Population, worker: WorkerName): Promise<Totals> {
  return (await findTotals(population, worker)) ?? noTotals();
}

/** The totals of a worker; undefined where it has written none. */
export async function findTotals(population: Population, worker: WorkerName): Promise<Totals | undefined> {
  return await readIfValid(
    population.filesystem,
    totalsSchema,
    population.path(`${workerPath(worker)}/totals.json`),
  );
}

/** The sum of several workers' totals; the earliest sight of the best. */
export function sumTotals(all: readonly Totals[]): Totals {
  const sum = noTotals();
  for (const totals of all) {
    sum.births += totals.births;
    sum.kills += totals.kills;
    sum.lostRaces += totals.lostRaces;
    sum.adoptions += totals.adoptions;
    sum.published += totals.published;
    sum.seconds += totals.seconds;
    sum.flops += totals.flops;
    for (const [failure, count] of Object.entries(totals.failures) as [FailureClass, number][]) {
      sum.failures[failure] = (sum.failures[failure] ?? 0) + count;
    }
    const { improvement } = totals;
    if (improvement !== undefined && isBetter(improvement, sum.improvement)) sum.improvement = improvement;
  }
  return sum;
}

type Improvement = NonNullable<Totals['improvement']>;

function isBetter(a: Improvement, b: Improvement | undefined): boolean {
  return b === undefined || a.fitness > b.fitness || (a.fitness === b.fitness && a.births < b.births);
}

/** When the first worker started, by its own clock; undefined while nobody has. */
export async function firstStart(population: Population): Promise<string | undefined> {
  const numbers = (await workerNames(population)).map((name) => Number(name.slice(1)));
  // One may have died before it wrote anything.
  for (const number of numbers.sort((a, b) => a - b)) {
    const document = await readWorker(population, `w${number}`);
    if (document !== undefined) return document.startedAt;
  }
  return undefined;
}

/** Seconds since a time of day, by another clock perhaps: 0 where that is ahead, or there is no such time. */
export function secondsSince(time: string | undefined, clock: Pick<Clock, 'now'>): number {
  return time === undefined ? 0 : Math.max(0, (clock.now().getTime() - Date.parse(time)) / 1000);
}

/** Every worker that ever was. */
export async function workerNames(population: Population): Promise<WorkerName[]> {
  return (await population.list('workers')).filter(isWorkerName);
}

/** Every worker that ever was, at a glance. @param leftBefore As of {@link summarize}. */
export async function summarizeWorkers(
  population: Population,
  host: Host,
  leftBefore: LeftWorkers = new Map(),
): Promise<WorkerSummary[]> {
  if (leftBefore.size === 0)
    for (const [name, rolled] of await readRoll(population))
      leftBefore.set(name, { name, state: 'left', ...rolled });
  const summaries: WorkerSummary[] = [];
  for (const name of await workerNames(population)) {
    const known = leftBefore.get(name);
    if (known !== undefined) {
      summaries.push(known);
      continue;
    }
    const document = await readWorker(population, name);
    const left = (await readBeat(population, name)) === LEFT;
    const state = left ? 'left' : await stateOf(document, host);
    const totals = await findTotals(population, name);
    const summary: WorkerSummary = { name, document, state, totals: totals ?? noTotals() };
    // Whoever leaves writes the totals first, so these are the last, if they could be read.
    if (left && document !== undefined && totals !== undefined) leftBefore.set(name, summary);
    summaries.push(summary);
  }
  return summaries;
}

async function stateOf(
  document: WorkerDocument | undefined,
  host: Host,
): Promise<Exclude<WorkerSummary['state'], 'left'>> {
  if (document === undefined) return 'joining';
  return (await host.isGone(document)) ? 'gone' : 'working';
}
