import type { Random } from '@galapagos/dna';
import type {
  Control,
  IndividualId,
  Liveness,
  Membership,
  Population,
  Site,
  TrainingEntry,
} from '@galapagos/population';
import type { Budget } from './budget.js';
import type { Evaluate } from './evaluate.js';
import type { LeaveReason, WorkerEvent } from './events.js';
import type { Suspicion } from './suspicion.js';

/** What the parts of a worker share while it works. */
export interface Shift {
  readonly population: Population;
  readonly me: Membership;
  readonly liveness: Liveness;
  readonly control: Control;
  readonly budget: Budget;
  readonly site: Site;
  readonly suspicion: Suspicion;
  readonly evaluate: Evaluate;
  /** The worker's own stream of chance, so that a search of one worker repeats itself. */
  readonly random: Random;
  readonly emit: (event: WorkerEvent) => void;
  readonly onBeat: () => void;
  readonly exit: Exit;
  /** Those of the living whose DNA cannot be read; their names never come back. */
  readonly unreadable: Set<IndividualId>;
  /** The individual that this worker is training, and how to stop it. */
  holding: { readonly entry: TrainingEntry; readonly abandon: AbortController } | undefined;
}

/** The way out of a worker: politely, or at once. */
export class Exit {
  readonly #politely = new AbortController();
  readonly #atOnce = new AbortController();
  #reason: LeaveReason | undefined;
  #by: string | undefined;

  /** Aborted when the worker is to give back what it holds, and leave. */
  get handBack(): AbortSignal {
    return this.#politely.signal;
  }

  /** Aborted when there is no time left even for that. */
  get abandon(): AbortSignal {
    return this.#atOnce.signal;
  }

  get reason(): LeaveReason | undefined {
    return this.#reason;
  }

  /** By what it was asked to leave, as far as that was said. */
  get by(): string | undefined {
    return this.#by;
  }

  leave(reason: LeaveReason, by?: string): void {
    if (this.#reason === undefined) this.#by = by;
    this.#reason ??= reason;
    this.#politely.abort();
  }

  leaveNow(reason: LeaveReason): void {
    this.leave(reason);
    this.#atOnce.abort();
  }
}

/** Waits for a random time of up to so many seconds, or until the worker leaves. */
export async function jitter(shift: Shift, seconds: number): Promise<void> {
  // Not the worker's own stream: how long one waits must not change what is drawn.
  await shift.population.clock.sleep(shift.population.random.next() * seconds, shift.exit.handBack);
}
