import { integer } from '@galapagos/dna';
import {
  Digester,
  type Politely,
  type WorkerName,
  cleanStaging,
  collect,
  readRoll,
  takeTrash,
  workerNames,
} from '@galapagos/population';
import { ifThereIsRoom } from './room.js';
import type { Shift } from './shift.js';
import { Watch } from './watch.js';

/** The dead that are worth a collection. */
const WORTH_COLLECTING = 8;
/** The dead that one collects between two trainings, and while it keeps others from it. */
const MOST = 64;
/**
 * The dead that are too many for one: a collector that was killed keeps others away for half a minute, and births may come
 * faster than one can record. Then everybody takes some; two at once are harmless, only not needed.
 */
const BACKLOG = 8 * MOST;
/** Workers that one looks at anew each time. */
const AT_ONCE = 64;
/** Records between two looks at what is to be digested, on average. */
const DIGEST_EVERY = 128;

/** Clears away what the dead left: individuals, and workers that are gone. */
export class Housekeeping {
  /** Of those that were cleared once. */
  readonly #clearAgainAt = new Map<WorkerName, number>();
  #cleared: Set<WorkerName> | undefined;
  readonly #digester: Digester;
  readonly #watch: Watch;
  #nextRound = 0;

  constructor(
    private readonly shift: Shift,
    private readonly politely: Politely,
  ) {
    this.#digester = new Digester(shift.me);
    this.#watch = new Watch(shift.liveness, shift.population.random, AT_ONCE);
  }

  /** Collects where it is worth it, and now and then looks for workers that are gone. */
  async tidy(): Promise<void> {
    const { population, control } = this.shift;
    const now = population.clock.monotonic();
    if (now >= this.#nextRound) {
      const { leaseSeconds } = control.bounds;
      this.#nextRound = now + leaseSeconds * (0.5 + 0.5 * population.random.next());
      await this.#clearGoneWorkers();
    }
    if ((await population.dead()).length >= WORTH_COLLECTING) await this.#collect();
  }

  /** At most so many of the best keep their weights, whatever the bound, as long as the disk has no room for more. */
  placesLeft = Infinity;

  /** Collects all the dead, as long as no other is at it. */
  async collectAll(): Promise<void> {
    const { exit } = this.shift;
    while (!exit.abandon.aborted && (await this.#collect()) >= MOST);
  }

  /** The last that a worker does: where the search is over nobody else will. Who was asked to leave is not to be late. */
  async finish(): Promise<void> {
    const { exit } = this.shift;
    if (exit.abandon.aborted) return;
    if (exit.reason === 'budget') await this.collectAll();
    else await this.#collect();
  }

  /** @returns How many were collected. */
  async #collect(): Promise<number> {
    const { population, me, emit, control } = this.shift;
    const hallOfFame = Math.min(control.bounds.hallOfFame, this.placesLeft);
    let count = 0;
    // Without room for their records they stay where they are.
    await ifThereIsRoom(this.shift, async () => {
      const some = async (first: number) => {
        count = await collect(me, hallOfFame, (await population.dead()).slice(first, first + MOST));
        await this.#digest(count);
      };
      const { length } = await population.dead();
      if (length < BACKLOG) await this.politely(population.path('dead'), () => some(0));
      else await some(integer(population.random, length - MOST));
      if (count > 0) emit({ event: 'collected', count });
    });
    return count;
  }

  /** By chance, so that many who collect little each do it as often as one who collects much. */
  async #digest(recorded: number): Promise<void> {
    if (this.shift.population.random.next() * DIGEST_EVERY >= recorded) return;
    await this.#digester.digest();
    await this.#digester.condense();
  }

  /**
   * Twice, a lease apart: what a process asked of a file server before it died may still be carried out after the first
   * time. Then its name never comes back, so nothing will be there again.
   */
  async #clearGoneWorkers(): Promise<void> {
    const { population, me, control } = this.shift;
    const cleared = (this.#cleared ??= new Set((await readRoll(population)).keys()));
    const now = population.clock.monotonic();
    const isToBeCleared = (name: WorkerName) =>
      name !== me.name && !cleared.has(name) && now >= (this.#clearAgainAt.get(name) ?? 0);
    const others = new Set((await workerNames(population)).filter(isToBeCleared));
    for (const worker of await this.#watch.gone(others)) {
      await cleanStaging(me, worker);
      await takeTrash(me, worker);
      if (this.#clearAgainAt.delete(worker)) cleared.add(worker);
      else this.#clearAgainAt.set(worker, now + control.bounds.leaseSeconds);
    }
  }
}
