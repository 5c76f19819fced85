import { type TrainingEntry, adopt } from '@galapagos/population';
import { raiseAdopted } from './growth.js';
import type { Shift } from './shift.js';
import { Watch } from './watch.js';

/** Owners that one looks at anew each time: so many observers of each are enough to find within a lease who dies. */
const AT_ONCE = 16;
/** Looks of few workers in a lease: where nobody was found, the next is not before. Many each look less often. */
const LOOKS_IN_A_LEASE = 8;
/** Of a worker's time what looking costs at most, where that takes long, unless that were less than once a lease. */
const SHARE = 0.01;

/** The individuals in training whose owner is gone. */
export class Orphans {
  readonly #watch: Watch;
  #nextLook = -Infinity;

  constructor(private readonly shift: Shift) {
    this.#watch = new Watch(shift.liveness, shift.population.random, AT_ONCE);
  }

  /**
   * Adopts one, if one is found, and brings it up: that is this turn's work. They look only now and then, and only after
   * some owners.
   * @returns Whether there was one.
   */
  async adopt(): Promise<boolean> {
    const { population, control, me } = this.shift;
    const startedAt = population.clock.monotonic();
    if (startedAt < this.#nextLook) return false;
    const training = await population.training();
    const owners = new Set(training.map(({ worker }) => worker));
    owners.delete(me.name);
    const gone = await this.#watch.gone(owners);
    if (await this.#adoptOneOf(training, ({ worker }) => gone.has(worker))) return true;
    const now = population.clock.monotonic();
    const { leaseSeconds } = control.bounds;
    const part = Math.max(1 / LOOKS_IN_A_LEASE, owners.size / AT_ONCE);
    const pause = Math.max(leaseSeconds * part, (now - startedAt) / SHARE);
    // But no longer than a lease: where a look hung for half a minute, orphans would wait for an hour.
    this.#nextLook = now + Math.min(pause, leaseSeconds);
    return false;
  }

  /** As {@link adopt}, whenever the last look was, and after all owners. */
  async adoptNow(): Promise<boolean> {
    const { population, liveness } = this.shift;
    return await this.#adoptOneOf(await population.training(), ({ worker }) => liveness.isGone(worker));
  }

  /** One under our own name that we are not training is an orphan too: it came here, but its answer was lost. */
  async #adoptOneOf(
    training: readonly TrainingEntry[],
    isOrphan: (entry: TrainingEntry) => boolean | Promise<boolean>,
  ): Promise<boolean> {
    for (const entry of training) {
      // Between two turns we hold nothing, so what bears our name is not being trained.
      const isOne = entry.worker === this.shift.me.name || (await isOrphan(entry));
      if (isOne && (await this.#raise(entry))) return true;
    }
    return false;
  }

  async #raise(orphan: TrainingEntry): Promise<boolean> {
    const { me, emit } = this.shift;
    const adoption = await adopt(me, orphan);
    if (adoption === undefined) return false;
    me.totals.adoptions++;
    const { entry, continuation } = adoption;
    const step = continuation.kind === 'resume' ? continuation.checkpoint.step : 0;
    emit({
      event: 'adopted',
      id: entry.id,
      tenure: entry.tenure,
      from: orphan.worker,
      continuation: continuation.kind,
      step,
    });
    await raiseAdopted(this.shift, adoption);
    return true;
  }
}
