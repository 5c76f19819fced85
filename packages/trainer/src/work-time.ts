import type { Clock } from '@galapagos/population';

/** Seconds between two looks in which a process that runs has done something. */
const NOTICEABLE = 5;
/** The part of them that it has had a processor for, at least, also while a GPU computes or others crowd it. */
const LEAST_SHARE = 0.02;

/** The seconds of processor time that this process has had. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * How long a training has worked. Time in which it waited for the filesystem is not its own, nor is that in which its
 * process was stopped: a suspended job, a frozen container. Neither spends a budget, and nobody is buried for it.
 */
export class WorkTime {
  #seconds = 0;
  #lookedAt: number;
  #cpu: number;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly cpu: () => number,
  ) {
    this.#lookedAt = clock.monotonic();
    this.#cpu = cpu();
  }

  /** @returns Seconds so far. To be asked between any two steps: a stop is noticed by how long nobody asked. */
  read(): number {
    const [now, cpu] = [this.clock.monotonic(), this.cpu()];
    const elapsed = now - this.#lookedAt;
    const wasStopped = elapsed >= NOTICEABLE && cpu - this.#cpu < LEAST_SHARE * elapsed;
    if (!wasStopped) this.#seconds += elapsed;
    this.#lookedAt = now;
    this.#cpu = cpu;
    return this.#seconds;
  }

  /** Waits for something that does not count. */
  async without<T>(wait: () => Promise<T>): Promise<T> {
    const before = this.read();
    try {
      return await wait();
    } finally {
      this.#lookedAt = this.clock.monotonic();
      this.#cpu = this.cpu();
      this.#seconds = before;
    }
  }
}
