/** Time, as an argument. */
export interface Clock {
  /** The time of day, for people to read; never compared between hosts, but for `bounds.wallSeconds`. */
  now(): Date;
  /** Seconds on a clock that only goes forward, of this process alone. */
  monotonic(): number;
  /** Resolves after that many seconds, or as soon as the signal is aborted. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}
