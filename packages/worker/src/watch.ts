import { type Random, integer } from '@galapagos/dna';
import type { Liveness, WorkerName } from '@galapagos/population';

/**
 * Looks whether others live, at some of them each time. If each looked at each, a thousand would ask a file server more
 * than it can answer; here everybody goes through the others in an order of its own, and together they look at everyone
 * all the time. Whoever was looked at is looked at again until it was seen to beat, or is gone; and where most do not
 * beat, at twice as many the next time, so that one who is left alone has soon looked at all.
 */
export class Watch {
  /** Looked at, and not seen to beat since. */
  readonly #silent = new Set<WorkerName>();
  /** Not yet looked at in this round through all. */
  #left: WorkerName[] = [];
  #more: number;
  /** Of those that were looked at anew the last time, how many were gone: nobody will ask for them again. */
  #gone = 0;

  constructor(
    private readonly liveness: Liveness,
    private readonly random: Random,
    /** How many are looked at anew each time, beside the silent. */
    private readonly atOnce: number,
  ) {
    this.#more = atOnce;
  }

  /** @returns Those of the others that were looked at just now, and are gone. */
  async gone(others: ReadonlySet<WorkerName>): Promise<Set<WorkerName>> {
    const gone = new Set<WorkerName>();
    const look = async (name: WorkerName) => {
      if (await this.liveness.isGone(name)) gone.add(name);
    };
    const again = [...this.#silent].filter((name) => others.has(name));
    this.#silent.clear();
    for (const name of again) {
      await look(name);
      if (!this.liveness.hasBeaten(name)) this.#silent.add(name);
    }
    const deaf = this.#silent.size + this.#gone;
    this.#more = 2 * deaf > again.length + this.#gone ? 2 * this.#more : this.atOnce;
    this.#gone = 0;
    for (const name of this.#next(others)) {
      await look(name);
      if (gone.has(name)) this.#gone++;
      // That it is another beat than long ago does not say that it still beats.
      this.#silent.add(name);
    }
    return gone;
  }

  #next(others: ReadonlySet<WorkerName>): WorkerName[] {
    const isNext = (name: WorkerName) => others.has(name) && !this.#silent.has(name);
    this.#left = this.#left.filter(isNext);
    if (this.#left.length === 0) this.#left = [...others].filter(isNext);
    const next: WorkerName[] = [];
    while (next.length < this.#more && this.#left.length > 0)
      next.push(...this.#left.splice(integer(this.random, this.#left.length), 1));
    return next;
  }
}
