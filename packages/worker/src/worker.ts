import { SeededRandom, seedOf } from '@galapagos/dna';
import {
  Control,
  type Host,
  type JoinOptions,
  Liveness,
  Membership,
  type Politely,
  type Population,
  isFull,
  politely,
  siteName,
} from '@galapagos/population';
import { Budget } from './budget.js';
import type { Evaluate } from './evaluate.js';
import type { LeaveReason, WorkerEvent } from './events.js';
import { beatUntil } from './heartbeat.js';
import { Governor } from './governor.js';
import { Housekeeping } from './housekeeping.js';
import { Orphans } from './orphans.js';
import { ifThereIsRoom, untilThereIsRoom } from './room.js';
import { Exit, type Shift, jitter } from './shift.js';
import { Suspicion } from './suspicion.js';
import { tournament } from './tournament.js';

export interface WorkerOptions {
  readonly population: Population;
  readonly evaluate: Evaluate;
  readonly host: Host;
  readonly version: string;
  /** The back end that trains, to be written down. */
  readonly backend: string;
  /** Which version of it, and why it and not another: for the log. */
  readonly backendReason?: string;
  /** The accelerator that it was given, if any: by which it is quarantined. */
  readonly device?: string | undefined;
  readonly onEvent?: (event: WorkerEvent) => void;
  /** Called whenever others can see that it lives, every few seconds. */
  readonly onBeat?: () => void;
  /** How the only collector is found. @default by proper-lockfile */
  readonly politely?: Politely;
}

/**
 * One stateless worker.
 *
 * - **joining**: claims a name that nobody ever had, begins to beat
 * - **working**: turn after turn: an orphan, if there is one, else a tournament; and clears away the dead
 * - **paused**: beats, and begins nothing
 * - **leaving**: gives back what it holds after a checkpoint, says that it left
 *
 * Killed at any instant it costs at most the work since its last checkpoint.
 */
export class Worker {
  readonly #exit = new Exit();

  constructor(private readonly options: WorkerOptions) {}

  /** Checkpoints, gives the individual back, leaves. @param by What asks, for the log: a signal, say. */
  leave(reason: LeaveReason = 'asked', by?: string): void {
    this.#exit.leave(reason, by);
  }

  /** Leaves at once; the individual is adopted by another. */
  leaveNow(reason: LeaveReason = 'asked'): void {
    this.#exit.leaveNow(reason);
  }

  /**
   * Works until there is a reason to leave.
   * @throws PopulationError when the directory is no experiment, or can no longer be used.
   */
  async run(): Promise<LeaveReason> {
    const shift = await this.#join();
    if (typeof shift === 'string') return shift;
    const { me, emit } = shift;
    try {
      await this.#workAndBeat(shift);
    } catch (error) {
      emit({ event: 'broken', reason: String(error) });
      // So that nobody waits for its lease. Where that is refused, what refuses is why it ends.
      await me.leave().catch(() => undefined);
      throw error;
    }
    const reason = this.#exit.reason ?? 'asked';
    emit({ event: 'leaving', reason, by: this.#exit.by });
    // Unsaid for want of room, it is seen all the same once a lease is over.
    await ifThereIsRoom(shift, () => me.leave());
    emit({ event: 'left' });
    return reason;
  }

  async #workAndBeat(shift: Shift): Promise<void> {
    const heart = new AbortController();
    // Never rejects: it may fail long before anybody waits for it.
    const beating = beatUntil(shift, heart.signal).then(
      () => undefined,
      (error: unknown) => {
        // What the loop is waiting for may never come: leave, and say why below.
        this.#exit.leaveNow('asked');
        return { error };
      },
    );
    try {
      await this.#work(shift);
    } finally {
      heart.abort();
      // Before the farewell: a beat after it would say that we live.
      await beating;
    }
    const heartFailure = await beating;
    if (heartFailure !== undefined) throw heartFailure.error;
  }

  /** @returns Why it leaves at once, if it does: this site is not to train, or it was asked to before there was room. */
  async #join(): Promise<Shift | LeaveReason> {
    const { population, evaluate, onEvent, onBeat, ...options } = this.options;
    const control = new Control(population);
    await control.poll();
    const { host, slurmJob } = await options.host.identity();
    const site = { host, device: options.device ?? null };
    const quarantine = control.quarantineOf(site);
    if (quarantine !== undefined) {
      onEvent?.({ event: 'quarantined', site: siteName(quarantine), reason: quarantine.reason });
      return 'quarantined';
    }
    const emit = onEvent ?? (() => undefined);
    const me = await this.#becomeMember(options, emit);
    if (me === undefined) return this.#exit.reason ?? 'asked';
    const { backend, backendReason: reason } = options;
    emit({ event: 'joined', worker: me.name, host, task: slurmJob ?? undefined, backend, reason });
    const liveness = new Liveness(population, {
      host: options.host,
      // An order may change it while we work.
      get leaseSeconds() {
        return control.bounds.leaseSeconds;
      },
    });
    liveness.ownBeatWentThrough();
    const random = new SeededRandom(seedOf(population.experiment.search.seed, me.name));
    return {
      population,
      me,
      liveness,
      control,
      budget: new Budget(population, me),
      evaluate,
      random,
      emit,
      onBeat: onBeat ?? (() => undefined),
      exit: this.#exit,
      unreadable: new Set(),
      site,
      suspicion: new Suspicion(population, me, site, liveness),
      holding: undefined,
    };
  }

  /** @returns Undefined where it was asked to leave while there was no room for what a member writes. */
  async #becomeMember(options: JoinOptions, emit: Shift['emit']): Promise<Membership | undefined> {
    const exit = this.#exit;
    const { population } = this.options;
    try {
      return await Membership.join(population, options, (step) =>
        untilThereIsRoom({ population, exit, emit }, step),
      );
    } catch (error) {
      if (isFull(error) && exit.reason !== undefined) return undefined;
      throw error;
    }
  }

  async #work(shift: Shift): Promise<void> {
    const housekeeping = new Housekeeping(shift, this.options.politely ?? politely);
    const orphans = new Orphans(shift);
    const governor = new Governor(shift, housekeeping);
    const exit = this.#exit;
    while (exit.reason === undefined) {
      // Whoever leaves while there is none leaves this turn undone.
      await ifThereIsRoom(shift, () =>
        untilThereIsRoom(shift, async () => {
          await housekeeping.tidy();
          if (!shift.control.paused && (await orphans.adopt())) return;
          if (exit.reason !== undefined) return;
          if (await shift.budget.isSpent(shift.control.bounds)) {
            // Whoever leaves last leaves nobody behind.
            if (shift.control.paused || !(await orphans.adoptNow())) exit.leave('budget');
          } else if (shift.control.paused) await jitter(shift, 1);
          else if (await governor.hasRoom()) await tournament(shift);
          else await jitter(shift, 1);
        }),
      );
    }
    await housekeeping.finish();
  }
}
