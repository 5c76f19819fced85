import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom, integer } from '@galapagos/dna';
import type { Audit } from './audit.js';
import { Crew, type Ends } from './crew.js';
import { type Scene, faultsOf } from './faults.js';
import type { Place } from './place.js';
import { Counter } from './traces.js';

export interface OrdealOptions {
  readonly place: Place;
  /** Where the experiment will be, below what is shared. */
  readonly root: string;
  /** An empty directory outside of the filesystem under test. */
  readonly traces: string;
  readonly seed: string;
  /** It goes on until so many were born, */
  readonly births: number;
  /** or for so long. */
  readonly minutes: number;
  /** At most so long is calm between two faults. */
  readonly calmSeconds: number;
  readonly setPoint: number;
  readonly leaseSeconds: number;
  readonly workers: number;
  readonly log: (line: string) => void;
}

export interface Report {
  readonly violations: readonly string[];
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly minutes: number;
  readonly workers: number;
  readonly ends: Ends;
  readonly audits: number;
  /** The last audit, with all workers gone. */
  readonly audit: Audit;
  /** Seconds after the last fault until the population was at its set point. */
  readonly atSetPointAfter: number;
}

/** Trainings of 0 to 50 ms, a checkpoint after every fourth step. */
const TRAINER = { steps: 10, stepMs: 5, varied: true, checkpointEvery: 4 };
const AUDIT_EVERY = 12;

/**
 * Workers that are restarted whenever they end, faults that are drawn from a seed, and between them audits while
 * everybody stands still. Then the faults end, the population has two leases to be at its set point, the workers
 * leave, and nothing may be wrong or lie about.
 */
export async function ordeal(options: OrdealOptions): Promise<Report> {
  const { place, root, traces, setPoint, leaseSeconds, workers, log } = options;
  const startedAt = performance.now();
  const minutes = () => (performance.now() - startedAt) / 60_000;
  const random = new SeededRandom(options.seed);
  const worker = { root, trainer: TRAINER, host: place.workersSee, sync: true };
  const crew = new Crew({ place, workers, traces, worker, log });
  const counter = new Counter(traces);
  const births = () => counter.count().get('born') ?? 0;
  const violations: string[] = [];
  const putBack: string[] = [];
  const must: Scene['must'] = async (what, holds, seconds) => {
    const end = performance.now() + seconds * 1000;
    while (!holds()) {
      if (performance.now() > end) {
        violations.push(`${what}: not within ${seconds} s`);
        return;
      }
      await sleep(200);
    }
  };
  const faults = faultsOf(place);
  const bag = new Bag(
    faults.flatMap((fault) => Array.from({ length: fault.weight }, () => fault)),
    random,
  );
  const struck: Record<string, number> = Object.fromEntries(faults.map(({ name }) => [name, 0]));
  const scene: Scene = { place, crew, random, leaseSeconds, births, must, putBack };
  let audits = 0;
  const look = async (isEnd: boolean): Promise<Audit> => {
    audits++;
    const { violentEnds } = crew;
    const audit = await crew.observer.audit({ root, traces, putBack, violentEnds, isEnd });
    violations.push(...audit.violations);
    return audit;
  };
  try {
    for (const host of place.hosts) await crew.man(host);
    await crew.observer.make(root, {
      populationSize: setPoint,
      seed: options.seed,
      bounds: { leaseSeconds },
    });
    for (const host of place.hosts) crew.employ(host);
    await must('the population grows to its set point', () => births() >= setPoint, 120);
    place.injected?.begin();
    for (let round = 1; births() < options.births && minutes() < options.minutes; round++) {
      const fault = bag.draw();
      const before = minutes();
      const told = await fault.strike(scene);
      struck[fault.name] = (struck[fault.name] ?? 0) + 1;
      log(
        `${before.toFixed(2).padStart(6)} min  ${String(births()).padStart(6)} births  ${fault.name}${told === '' ? '' : `: ${told}`}`,
      );
      await must('births go on after a fault', nextBirth(births), 180);
      await sleep(integer(random, options.calmSeconds * 1000));
      if (round % AUDIT_EVERY === 0) {
        await crew.signalAll('SIGSTOP');
        const audit = await look(false);
        await crew.signalAll('SIGCONT');
        log(
          `            audit ${audits}: ${audit.individuals} individuals, ${audit.violations.length} violations`,
        );
      }
      if (violations.length + crew.violations.length > 0) break;
    }
    place.injected?.end();
    const atSetPointAfter = await settle(options, crew, violations);
    // A mount may go on hanging for a while after a cut.
    await must('everybody works again', allWrite(crew.traces), 300);
    await leave(options, crew, violations);
    const audit = await look(true);
    return {
      violations: [...new Set([...crew.violations, ...violations])],
      faults: { ...struck, ...place.injected?.read() },
      minutes: minutes(),
      workers: crew.started,
      ends: crew.ends,
      audits,
      audit,
      atSetPointAfter,
    };
  } finally {
    await crew.close();
  }
}

/** At the set point within two leases after the last fault; on the way never above it by more than the others. */
async function settle(
  { root, setPoint, leaseSeconds, workers }: OrdealOptions,
  crew: Crew,
  violations: string[],
): Promise<number> {
  await crew.allWork();
  const startedAt = performance.now();
  for (;;) {
    const size = await crew.observer.size(root);
    const seconds = (performance.now() - startedAt) / 1000;
    if (size > setPoint + workers - 1) violations.push(`the size was ${size}, with ${workers} workers`);
    if (size === setPoint) return seconds;
    if (seconds > 2 * leaseSeconds) {
      violations.push(`the size was ${size}, not ${setPoint}, two leases after the last fault`);
      return seconds;
    }
    await sleep(20);
  }
}

/** All leave but one, which takes back an overshoot, and then it too. */
async function leave(
  { root, setPoint, leaseSeconds }: OrdealOptions,
  crew: Crew,
  violations: string[],
): Promise<void> {
  crew.rest();
  const [last, ...others] = crew.working;
  for (const slot of others) await crew.signal(slot, 'SIGTERM');
  const end = performance.now() + 60_000 + 2000 * leaseSeconds;
  while (crew.working.length > 1 && performance.now() < end) await sleep(50);
  if (crew.working.length > 1) violations.push('a worker does not leave when it is asked to');
  // Whoever is gone is looked for within a lease; and a collector that was killed keeps others away for 30 s.
  await sleep(1000 * Math.max(leaseSeconds, 35));
  while ((await crew.observer.size(root)) !== setPoint && performance.now() < end) await sleep(20);
  if (last !== undefined) await crew.signal(last, 'SIGTERM');
  await crew.allEnded();
}

function nextBirth(births: () => number): () => boolean {
  const before = births();
  return () => births() > before;
}

/** Whether each of these files has grown since. */
function allWrite(files: readonly string[]): () => boolean {
  const before = files.map((file) => statSync(file).size);
  return () => files.every((file, index) => statSync(file).size > (before[index] ?? 0));
}

/** Draws without replacement, so that in every run of so many each has its share. */
class Bag<T> {
  #left: T[] = [];

  constructor(
    private readonly all: readonly T[],
    private readonly random: SeededRandom,
  ) {}

  draw(): T {
    if (this.#left.length === 0) this.#left = [...this.all];
    const [one] = this.#left.splice(integer(this.random, this.#left.length), 1);
    if (one === undefined) throw new Error('there is nothing to draw from');
    return one;
  }
}
