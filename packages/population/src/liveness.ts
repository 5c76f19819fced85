import { type WorkerDocument, readIfValid, workerSchema } from './documents.js';
import { PopulationError } from './errors.js';
import { readIfPresent } from './files.js';
import type { Host } from './host.js';
import { type WorkerName, workerPath } from './layout.js';
import { LEFT } from './membership.js';
import type { Population } from './population.js';

interface Observation {
  /** What the beat said; `''` where there is none. */
  beat: string;
  /** When it was first seen to say so, on the observer's monotonic clock. */
  since: number;
  /** When it was last seen to say so. */
  until: number;
  /** Whether it had said something else when it was last looked at before. */
  hasChanged: boolean;
}

export interface LivenessOptions {
  readonly host: Host;
  /** Seconds that a beat may stand still. Looked at anew each time, as an order may change it: make it a getter. */
  readonly leaseSeconds: number;
}

/**
 * Whether other workers live, as one observer sees it. Liveness is change observed over the observer's own
 * monotonic clock; clocks of two hosts are never compared. A worker is gone
 * - if it said that it left;
 * - if its process, on this very host, is no more, or it was this very task of Slurm before that was queued again;
 * - if its beat stood still, or was missing, for a lease *while the observer's own beats went through*: a
 *   filesystem that hangs is not a death.
 */
export class Liveness {
  readonly #observations = new Map<WorkerName, Observation>();
  readonly #documents = new Map<WorkerName, WorkerDocument | undefined>();
  #ownBeatAt: number | undefined;
  readonly #startedAt: number;
  #unbrokenSince: number;

  constructor(
    private readonly population: Population,
    private readonly options: LivenessOptions,
  ) {
    this.#startedAt = this.#unbrokenSince = population.clock.monotonic();
  }

  /** To be called when a beat of the observer's own went through. */
  ownBeatWentThrough(): void {
    const now = this.population.clock.monotonic();
    if (this.#ownBeatAt === undefined || this.ownBeatAge > this.options.leaseSeconds / 2)
      this.#unbrokenSince = now;
    this.#ownBeatAt = now;
  }

  /** Seconds since a beat of the observer's own last went through, or since it began to observe. */
  get ownBeatAge(): number {
    return this.population.clock.monotonic() - (this.#ownBeatAt ?? this.#startedAt);
  }

  async isGone(worker: WorkerName): Promise<boolean> {
    const observed = await this.#observe(worker);
    if (observed.beat === LEFT) return true;
    const document = await this.#document(worker);
    if (document !== undefined && (await this.options.host.isGone(document))) return true;
    if (this.ownBeatAge > this.options.leaseSeconds / 2) return false;
    // Up to the last look, not up to now: what nobody looked at did not stand still.
    return (await this.silence(worker)) >= this.options.leaseSeconds;
  }

  /** Seconds that a beat has stood still for certain, while the observer's own went through. */
  async silence(worker: WorkerName): Promise<number> {
    const observed = await this.#observe(worker);
    return Math.max(0, observed.until - Math.max(observed.since, this.#unbrokenSince));
  }

  /** Whether the last look at a beat found another than the look before; false where there was none before. */
  hasBeaten(worker: WorkerName): boolean {
    return this.#observations.get(worker)?.hasChanged === true;
  }

  async #observe(worker: WorkerName): Promise<Observation> {
    const known = this.#observations.get(worker);
    const asked = this.population.clock.monotonic();
    // A beat is read no more often than matters: with many workers reading is what costs.
    if (known !== undefined && asked - known.until < this.options.leaseSeconds / 20) return known;
    const beat = await readBeat(this.population, worker);
    // Of a read that hung nobody knows when it looked: count as little stillness as it may have been.
    const observation =
      known?.beat === beat
        ? { ...known, until: asked, hasChanged: false }
        : {
            beat,
            since: this.population.clock.monotonic(),
            until: asked,
            hasChanged: known !== undefined,
          };
    this.#observations.set(worker, observation);
    return observation;
  }

  /** A worker's document never changes, so it is read once. */
  async #document(worker: WorkerName): Promise<WorkerDocument | undefined> {
    const known = this.#documents.get(worker);
    if (known !== undefined) return known;
    const document = await readWorker(this.population, worker);
    if (document !== undefined) this.#documents.set(worker, document);
    return document;
  }
}

/** The document of a worker; undefined where there is none that can be read: its lease decides then. */
export async function readWorker(
  population: Population,
  worker: WorkerName,
): Promise<WorkerDocument | undefined> {
  const file = population.path(`${workerPath(worker)}/worker.json`);
  return await readIfValid(population.filesystem, workerSchema, file);
}

/** What the beat of a worker says; `''` where there is none, or something else in its place. */
export async function readBeat(population: Population, worker: WorkerName): Promise<string> {
  try {
    const file = population.path(`${workerPath(worker)}/beat`);
    const data = await readIfPresent(population.filesystem, file, 100);
    return new TextDecoder().decode(data).trim();
  } catch (error) {
    if (error instanceof PopulationError && error.code === 'INVALID') return '';
    throw error;
  }
}
