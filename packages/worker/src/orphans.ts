import { type TrainingEntry, adopt } from '@galapagos/population';
import { raiseAdopted } from './growth.js';
import type { Shift } from './shift.js';

/** Looks in a lease: where nobody was found, the next is not before. */
const LOOKS_IN_A_LEASE = 8;
/** Of a worker's time what looking costs at most, where that takes long, unless that were less than once a lease. */
const SHARE = 0.01;

/** The individuals in training whose owner is gone. */
export class Orphans {
  #nextLook = -Infinity;

  constructor(private readonly shift: Shift) {}

  /**
   * Adopts one, if there is one, and brings it up: that is this turn's work. Since each worker asks after each other,
   * they look only now and then.
   * @returns Whether there was one.
   */
  async adopt(): Promise<boolean> {
    const isTime = this.shift.population.clock.monotonic() >= this.#nextLook;
    return isTime && (await this.adoptNow());
  }

  /** As {@link adopt}, whenever the last look was. */
  async adoptNow(): Promise<boolean> {
    const { population, control } = this.shift;
    const startedAt = population.clock.monotonic();
    for (const orphan of await population.training()) {
      if ((await this.#isOrphan(orphan)) && (await this.#raise(orphan))) return true;
    }
    const now = population.clock.monotonic();
    const { leaseSeconds } = control.bounds;
    const pause = Math.max(leaseSeconds / LOOKS_IN_A_LEASE, (now - startedAt) / SHARE);
    // But no longer than a lease: where a look hung for half a minute, orphans would wait for an hour.
    this.#nextLook = now + Math.min(pause, leaseSeconds);
    return false;
  }

  /** One under our own name that we are not training is an orphan too: it came here, but its answer was lost. */
  async #isOrphan({ worker }: TrainingEntry): Promise<boolean> {
    // Between two turns we hold nothing, so what bears our name is not being trained.
    return worker === this.shift.me.name || (await this.shift.liveness.isGone(worker));
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
