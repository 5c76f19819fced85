import type { ResolvedLaunchOptions } from './options.js';

type Limits = Pick<
  ResolvedLaunchOptions,
  'failureLimit' | 'failureWindowSeconds' | 'healthySeconds' | 'backoff'
>;

/** The record of one slot: how often its workers failed lately, and so how long to wait and when to give up. */
export class FailureRecord {
  readonly #limits: Limits;
  #failedAt: number[] = [];
  #badRunsInARow = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Notes a run that ended at `now` (monotonic seconds) after `seconds`. */
  note(run: { failure: boolean; seconds: number; now: number }): void {
    const healthy = run.seconds >= this.#limits.healthySeconds;
    if (healthy) this.#failedAt = [];
    this.#badRunsInARow = healthy ? 1 : this.#badRunsInARow + 1;
    if (run.failure) this.#failedAt.push(run.now);
    const oldest = run.now - this.#limits.failureWindowSeconds;
    this.#failedAt = this.#failedAt.filter((time) => time >= oldest);
  }

  /** Failures within the window and since the last healthy run. */
  get failures(): number {
    return this.#failedAt.length;
  }

  get limitReached(): boolean {
    return this.failures > this.#limits.failureLimit;
  }

  /** How long the slot has to wait now. */
  get delaySeconds(): number {
    const { firstSeconds, maximumSeconds } = this.#limits.backoff;
    return Math.min(maximumSeconds, firstSeconds * 2 ** (this.#badRunsInARow - 1));
  }
}
