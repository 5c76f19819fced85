import { mkdirSync } from 'node:fs';
import type { LaunchEvent } from './events.js';
import { resolveLaunchOptions, type LocalLaunchOptions, type ResolvedLaunchOptions } from './options.js';
import { exitCodeOf, type LaunchResult } from './result.js';
import { Slot } from './slot.js';

/** A launch that is under way. */
export interface LocalLaunch {
  /** Asks every worker to leave (SIGTERM) and kills what has not left after the grace time. */
  stop(reason: string): void;
  /** Kills every worker and everything that the workers started, at once. */
  kill(): void;
  /** Resolves when no worker is left. Rejects when the launch itself broke; no worker is left then either. */
  finished: Promise<LaunchResult>;
}

/**
 * Runs `workers` copies of a command on this machine, and fills a slot again when its worker fails.
 *
 * No worker outlives the launch: not a `stop`, a `kill`, the time limit, an exception, nor the end of this process
 * (workers have to leave on `disconnect` to hold that for a SIGKILL, see {@link spawnWorker}).
 * @throws {RangeError} when an option makes no sense
 * @throws when `logDirectory` cannot be made
 */
export function launchLocal(options: LocalLaunchOptions): LocalLaunch {
  const resolved = resolveLaunchOptions(options);
  mkdirSync(resolved.logDirectory, { recursive: true });
  return new Launch(resolved).begin();
}

class Launch implements LocalLaunch {
  readonly finished: Promise<LaunchResult>;
  readonly #options: ResolvedLaunchOptions;
  readonly #slots: Slot[];
  #resolve!: (result: LaunchResult) => void;
  #reject!: (reason: unknown) => void;
  #stopReason: string | undefined;
  #failure: { error: unknown } | undefined;
  #over = false;
  #cancelTimeLimit: () => void = () => undefined;

  constructor(options: ResolvedLaunchOptions) {
    this.#options = options;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const owner = {
      emit: (event: LaunchEvent) => {
        if (this.#failure === undefined) options.onEvent(event);
      },
      ended: () => this.#finishIfEmpty(),
      broke: (error: unknown) => this.#broke(error),
    };
    this.#slots = Array.from({ length: options.workers }, (_, slot) => new Slot(slot, options, owner));
  }

  begin(): this {
    const { clock, signal, timeLimitSeconds } = this.#options;
    process.on('exit', this.#abandon);
    signal?.addEventListener('abort', this.#abort);
    if (timeLimitSeconds !== undefined) {
      this.#cancelTimeLimit = clock.after(timeLimitSeconds, () => this.stop('time limit'));
    }
    try {
      for (const slot of this.#slots) {
        if (signal?.aborted === true) this.#abort();
        if (this.#stopReason === undefined) slot.start();
      }
    } catch (error) {
      this.#broke(error);
    }
    return this;
  }

  stop(reason: string): void {
    if (this.#over || this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#everySlot((slot) => slot.stop(), { kind: 'stopping', reason });
  }

  kill(): void {
    if (this.#over) return;
    const announcement: LaunchEvent[] =
      this.#stopReason === undefined ? [{ kind: 'stopping', reason: 'kill' }] : [];
    this.#stopReason ??= 'kill';
    this.#everySlot((slot) => slot.kill(), ...announcement);
  }

  /** Does it to every slot, even if somebody who listens throws on the way. */
  #everySlot(action: (slot: Slot) => void, ...announcement: LaunchEvent[]): void {
    try {
      if (this.#failure === undefined) announcement.forEach(this.#options.onEvent);
      this.#slots.forEach(action);
    } catch (error) {
      this.#broke(error);
    }
  }

  #broke(error: unknown): void {
    // The first exception is the reason; what it sets off is not.
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#stopReason ??= 'exception';
    for (const slot of this.#slots) slot.kill();
    this.#finishIfEmpty();
  }

  #finishIfEmpty(): void {
    if (this.#over || !this.#slots.every((slot) => slot.ended)) return;
    this.#over = true;
    this.#cancelTimeLimit();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    process.off('exit', this.#abandon);

    const slots = this.#slots.map((slot) => slot.result);
    const result = { exitCode: exitCodeOf(slots), stopReason: this.#stopReason, slots };
    try {
      if (this.#failure === undefined) this.#options.onEvent({ kind: 'finished', result });
    } catch (error) {
      this.#failure = { error };
    }
    if (this.#failure === undefined) this.#resolve(result);
    else this.#reject(this.#failure.error);
  }

  readonly #abort = (): void => {
    const reason: unknown = this.#options.signal?.reason;
    this.stop(reason instanceof Error ? reason.message : String(reason));
  };

  readonly #abandon = (): void => {
    for (const slot of this.#slots) slot.abandon();
  };
}
