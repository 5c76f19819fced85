import type { Clock, Membership } from '@galapagos/population';
import type { Cost } from './evaluate.js';

/** Seconds between two writings of the totals while an individual is being trained. */
const WRITE_EVERY = 2;

/**
 * What one training costs, added to the worker's totals as it is spent: the other workers count it towards the
 * budget, also when this one is killed in the middle. A short training is written down with the next admission.
 */
export class Account {
  #counted: Cost = { seconds: 0, flops: 0 };
  #writtenAt: number;
  #writing = Promise.resolve();

  constructor(
    private readonly me: Membership,
    private readonly clock: Clock,
  ) {
    this.#writtenAt = clock.monotonic();
  }

  /** Notes what the training has spent so far. */
  spent(cost: Cost): void {
    this.#count(cost);
    const now = this.clock.monotonic();
    if (now - this.#writtenAt < WRITE_EVERY) return;
    this.#writtenAt = now;
    // One that fails is made up for by the next: it is no reason to lose a training of days. What still fails then does
    // so where it matters, before the next admission.
    this.#writing = this.#writing.then(() => this.me.writeTotals()).catch(() => undefined);
  }

  /** The training has ended, and cost so much; a trainer that crashed may know less of it than it told before. */
  async settle(cost: Cost = { seconds: 0, flops: 0 }): Promise<void> {
    this.spent(cost);
    await this.#writing;
  }

  #count({ seconds, flops }: Cost): void {
    const { totals } = this.me;
    const more = {
      seconds: Math.max(0, seconds - this.#counted.seconds),
      flops: Math.max(0, flops - this.#counted.flops),
    };
    totals.seconds += more.seconds;
    totals.flops += more.flops;
    this.#counted = {
      seconds: this.#counted.seconds + more.seconds,
      flops: this.#counted.flops + more.flops,
    };
  }
}
