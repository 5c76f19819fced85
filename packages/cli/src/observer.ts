import { stat } from 'node:fs/promises';
import {
  Gauge,
  type Gauged,
  Liveness,
  type LeftWorkers,
  type Population,
  type Summary,
  type WorkerName,
  nodeHost,
  readAttempt,
  summarize,
  tenureFolder,
  workerPath,
} from '@galapagos/population';
import { type JobsLook, QUEUE_SECONDS, lookAtJobs } from './launch/slurm-jobs.js';
import { Trend } from './trend.js';

/** What one look at a search has shown, and those before it. */
export interface Look {
  /** The time of day, for people. */
  readonly at: Date;
  readonly summary: Summary;
  /** When the training of an individual began that is under way. */
  readonly since: ReadonlyMap<string, string>;
  /** Seconds that the beat of a worker stood still; empty after a single look, which cannot tell. */
  readonly silence: ReadonlyMap<WorkerName, number>;
  /** When those that work last wrote their beat, by the clock of whoever keeps the files. */
  readonly lastBeats: ReadonlyMap<WorkerName, Date>;
  /** Those of Slurm. */
  readonly jobs: JobsLook;
  readonly disk: Gauged;
  readonly free: { readonly bytes: number; readonly inodes: number };
  readonly trend: Trend;
}

/** Looks at a search again and again. */
export class Observer {
  readonly #trend = new Trend();
  readonly #left: LeftWorkers = new Map();
  readonly #liveness: Liveness;
  readonly #gauge: Gauge;
  #leaseSeconds: number;
  #jobs: { readonly at: number; readonly look: JobsLook } | undefined;
  #looks = 0;

  constructor(private readonly population: Population) {
    this.#leaseSeconds = population.experiment.bounds.leaseSeconds;
    this.#gauge = new Gauge(population);
    const lease = () => this.#leaseSeconds;
    this.#liveness = new Liveness(population, {
      host: nodeHost,
      get leaseSeconds() {
        return lease();
      },
    });
  }

  /** Seconds within which one has to look again, for the silence of others to be known. */
  get patienceSeconds(): number {
    return this.#leaseSeconds / 3;
  }

  async look(): Promise<Look> {
    const { population } = this;
    const { clock } = population;
    const summary = await summarize(population, nodeHost, this.#left);
    this.#leaseSeconds = summary.bounds.leaseSeconds;
    this.#trend.add(clock.monotonic(), summary);
    const since = new Map<string, string>();
    for (const entry of summary.training) {
      const attempt = await readAttempt(population, tenureFolder(population, entry));
      if (attempt !== undefined) since.set(entry.id, attempt.startedAt);
    }
    const silence = await this.#listen(summary);
    const lastBeats = await this.#lastBeats(summary);
    const jobs = await this.#lookAtJobs();
    const disk = await this.#gauge.read();
    const free = await population.filesystem.space(population.root);
    return { at: clock.now(), summary, since, silence, lastBeats, jobs, disk, free, trend: this.#trend };
  }

  /** Who only looks has no beat of its own: that it could read is what says that the filesystem did not hang. */
  async #listen({ workers }: Summary): Promise<Map<WorkerName, number>> {
    const silence = new Map<WorkerName, number>();
    this.#liveness.ownBeatWentThrough();
    for (const { name, state } of workers) {
      if (state === 'working') silence.set(name, await this.#liveness.silence(name));
    }
    return this.#looks++ === 0 ? new Map() : silence;
  }

  async #lookAtJobs(): Promise<JobsLook> {
    const now = this.population.clock.monotonic();
    if (this.#jobs === undefined || now - this.#jobs.at >= QUEUE_SECONDS)
      this.#jobs = { at: now, look: await lookAtJobs(this.population) };
    return this.#jobs.look;
  }

  async #lastBeats({ workers }: Summary): Promise<Map<WorkerName, Date>> {
    const beats = new Map<WorkerName, Date>();
    for (const { name, state } of workers) {
      if (state !== 'working') continue;
      const written = await lastBeat(this.population, name);
      if (written !== undefined) beats.set(name, written);
    }
    return beats;
  }
}

/** Undefined where there is none yet, or it cannot be looked at just now. */
async function lastBeat(population: Population, worker: WorkerName): Promise<Date | undefined> {
  return await stat(population.path(`${workerPath(worker)}/beat`)).then(
    ({ mtime }) => mtime,
    () => undefined,
  );
}
