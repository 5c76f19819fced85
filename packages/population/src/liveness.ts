import { type WorkerDocument, parseIfValid, workerSchema } from './documents.js';
import { ifPresent } from './filesystem.js';
import type { Host } from './host.js';
import { type WorkerName, workerPath } from './layout.js';
import { LEFT } from './membership.js';
import type { Population } from './population.js';

interface Observation {
  /** What the beat said; `''` where there is none. */
  beat: string;
  /** When it last changed, on the observer's monotonic clock. */
  changedAt: number;
  readAt: number;
}

export interface LivenessOptions {
  readonly host: Host;
  readonly leaseSeconds: number;
}

/**
 * Whether other workers live, as one observer sees it. Liveness is change observed over the observer's own
 * monotonic clock; clocks of two hosts are never compared. A worker is gone
 * - if it said that it left;
 * - if its process, on this very host, is no more;
 * - if its beat stood still, or was missing, for a lease *while the observer's own beats went through*: a
 *   filesystem that hangs is not a death.
 */
export class Liveness {
  readonly #observations = new Map<WorkerName, Observation>();
  readonly #documents = new Map<WorkerName, WorkerDocument | undefined>();
  #ownBeatAt: number | undefined;
  #unbrokenSince: number;

  constructor(
    private readonly population: Population,
    private readonly options: LivenessOptions,
  ) {
    this.#unbrokenSince = population.clock.monotonic();
  }

  /** To be called when a beat of the observer's own went through. */
  ownBeatWentThrough(): void {
    const now = this.population.clock.monotonic();
    const gap = now - (this.#ownBeatAt ?? now);
    if (gap > this.options.leaseSeconds / 2) this.#unbrokenSince = now;
    this.#ownBeatAt = now;
  }

  /** Seconds since a beat of the observer's own last went through. */
  get ownBeatAge(): number {
    return this.#ownBeatAt === undefined ? 0 : this.population.clock.monotonic() - this.#ownBeatAt;
  }

  async isGone(worker: WorkerName): Promise<boolean> {
    const observed = await this.#observe(worker);
    if (observed.beat === LEFT) return true;
    const document = await this.#document(worker);
    if (document !== undefined && (await this.options.host.isGone(document))) return true;
    const now = this.population.clock.monotonic();
    if (this.ownBeatAge > this.options.leaseSeconds / 2) return false;
    return now - Math.max(observed.changedAt, this.#unbrokenSince) >= this.options.leaseSeconds;
  }

  async #observe(worker: WorkerName): Promise<Observation> {
    const known = this.#observations.get(worker);
    const now = this.population.clock.monotonic();
    // A beat is read no more often than matters: with many workers reading is what costs.
    if (known !== undefined && now - known.readAt < this.options.leaseSeconds / 20) return known;
    const beat = await this.#readBeat(worker);
    const changed = known === undefined || known.beat !== beat;
    const observation = { beat, changedAt: changed ? now : known.changedAt, readAt: now };
    this.#observations.set(worker, observation);
    return observation;
  }

  async #readBeat(worker: WorkerName): Promise<string> {
    const { filesystem } = this.population;
    const data = await ifPresent(filesystem.read(this.population.path(`${workerPath(worker)}/beat`), 100));
    return data === undefined ? '' : new TextDecoder().decode(data).trim();
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
  const data = await ifPresent(population.filesystem.read(file, 1e5));
  return data === undefined ? undefined : parseIfValid(workerSchema, data, file);
}
