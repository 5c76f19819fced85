import type { Clock } from '@galapagos/launcher';

/** A clock that a test moves by hand. Processes go on in real time; only the launcher's waiting is simulated. */
export class ManualClock implements Clock {
  #now = 1_000;
  #timers: { due: number; callback: () => void }[] = [];

  monotonic(): number {
    return this.#now;
  }

  after(seconds: number, callback: () => void): () => void {
    const timer = { due: this.#now + seconds, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass, and calls what became due. */
  advance(seconds: number): void {
    this.#now += seconds;
    const due = this.#timers.filter((timer) => timer.due <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now);
    for (const timer of due) timer.callback();
  }
}
