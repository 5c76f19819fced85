import type { Clock } from '@galapagos/population';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that a test moves by hand: nothing waits longer than the test says. */
export class ManualClock implements Clock {
  #seconds = 0;
  #sleepers: Sleeper[] = [];

  /** How many wait for time to pass. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  now(): Date {
    return new Date(Date.UTC(2017, 2, 3) + this.#seconds * 1000);
  }

  monotonic(): number {
    return this.#seconds;
  }

  async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const sleeper = { due: this.#seconds + seconds, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
    });
  }

  /** Lets time pass, and wakes those whose time has come, in its order. */
  advance(seconds: number): void {
    this.#seconds += seconds;
    const due = this.#sleepers.filter((sleeper) => sleeper.due <= this.#seconds);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.due > this.#seconds);
    for (const { wake } of due.sort((a, b) => a.due - b.due)) wake();
  }
}
