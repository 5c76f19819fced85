import type { ChildProcess } from 'node:child_process';
import type { LaunchEvent } from './events.js';
import { codeOfSignal, ExitCode, isSignalCode, verdictOn } from './exit-codes.js';
import { FailureRecord } from './failures.js';
import type { ResolvedLaunchOptions } from './options.js';
import type { SlotResult } from './result.js';
import { askToLeave, heard, killGroup, spawnWorker } from './worker-process.js';

/** What a slot tells the launch that it belongs to. */
export interface SlotOwner {
  emit(event: LaunchEvent): void;
  /** Called once, when the slot will have no further worker. */
  ended(): void;
  /** Something outside the restart table went wrong in a callback. */
  broke(error: unknown): void;
}

/**
 * One place for a worker, filled again when its worker fails.
 *
 * - **running**  a worker lives. Its end leads to waiting or ended, as the restart table says.
 * - **waiting**  the back-off runs. Its end leads to running.
 * - **leaving**  the worker was asked to leave, or killed. Its end leads to ended, whatever it says.
 * - **ended**    nobody lives here any more; `result` says how it came to that.
 */
export class Slot {
  readonly #slot: number;
  readonly #options: ResolvedLaunchOptions;
  readonly #owner: SlotOwner;
  readonly #failures: FailureRecord;
  #child: ChildProcess | undefined;
  #startedAt = 0;
  #starts = 0;
  #failureTotal = 0;
  #leaving = false;
  #killed = false;
  #exitCode: number | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(slot: number, options: ResolvedLaunchOptions, owner: SlotOwner) {
    this.#slot = slot;
    this.#options = options;
    this.#owner = owner;
    this.#failures = new FailureRecord(options);
  }

  get ended(): boolean {
    return this.#exitCode !== undefined;
  }

  get result(): SlotResult {
    return {
      slot: this.#slot,
      exitCode: this.#exitCode ?? ExitCode.error,
      restarts: Math.max(0, this.#starts - 1),
      failures: this.#failureTotal,
      killed: this.#killed,
    };
  }

  /** Fills the slot. */
  start(): void {
    this.#startedAt = this.#options.clock.monotonic();
    this.#starts += 1;
    const child = spawnWorker(this.#slot, this.#options);
    this.#child = child;
    child.once('error', (error: NodeJS.ErrnoException) => {
      // Also emitted for a worker that runs (a signal that was refused, say); only one without a pid never began.
      if (child.pid === undefined) this.#guard(() => this.#couldNotStart(error));
    });
    child.on('message', (message) => {
      const said = heard(message);
      if (said !== undefined) this.#guard(() => this.#emit({ kind: 'waits', ...said }));
    });
    child.once('exit', (code, signal) => this.#guard(() => this.#exited(code, signal)));
    if (child.pid !== undefined) this.#emit({ kind: 'started', pid: child.pid, restarts: this.#starts - 1 });
  }

  /** Asks the worker to leave; kills it if it has not left after the grace time. */
  stop(): void {
    if (this.ended || this.#leaving) return;
    this.#leaving = true;
    this.#cancelTimer();
    const pid = this.#child?.pid;
    if (this.#child === undefined) {
      this.#end(ExitCode.done);
    } else if (pid !== undefined) {
      askToLeave(pid);
      const { clock, graceSeconds } = this.#options;
      this.#cancelTimer = clock.after(graceSeconds, () => this.#guard(() => this.kill()));
    }
  }

  /** Ends the worker and everything that it started, at once. */
  kill(): void {
    if (this.ended) return;
    const pid = this.#child?.pid;
    if (pid === undefined || this.#killed) {
      this.stop();
      return;
    }
    this.#leaving = true;
    this.#killed = true;
    this.#cancelTimer();
    killGroup(pid);
    this.#emit({ kind: 'killed', pid });
  }

  /** For the very end of the launcher's process: SIGKILL, no events, nothing awaited. */
  abandon(): void {
    if (this.#child?.pid !== undefined) killGroup(this.#child.pid);
  }

  #couldNotStart(error: NodeJS.ErrnoException): void {
    // A command that is not there will not be there a second later; a full process table may have emptied.
    const hopeless = error.code === 'ENOENT' || error.code === 'EACCES';
    this.#over({ code: hopeless ? ExitCode.usage : ExitCode.error, signal: null, error });
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    // What the worker started must not outlive it: a trainer would go on for nobody.
    if (this.#child?.pid !== undefined) killGroup(this.#child.pid);
    this.#over({ code, signal });
  }

  #over(end: { code: number | null; signal: NodeJS.Signals | null; error?: Error }): void {
    const now = this.#options.clock.monotonic();
    const seconds = now - this.#startedAt;
    const pid = this.#child?.pid;
    // Whoever else holds the worker's end of the channel must not keep this process from ending.
    if (this.#child?.connected === true) this.#child.disconnect();
    this.#child = undefined;
    this.#cancelTimer();
    this.#emit({ kind: 'exited', pid, ...end, seconds });
    // The listener may have stopped the launch, and with it this slot, while it heard of the exit.
    if (this.ended) return;

    const said = end.code ?? codeOfSignal(end.signal ?? 'SIGKILL');
    if (this.#leaving) {
      this.#end(leftAsAsked(said) ? ExitCode.done : said);
      return;
    }
    const verdict = verdictOn(end.code);
    this.#failures.note({ failure: verdict.failure, seconds, now });
    if (verdict.failure) this.#failureTotal += 1;
    if (!verdict.restart) this.#end(said);
    else if (this.#failures.limitReached) this.#giveUp();
    else this.#wait();
  }

  #giveUp(): void {
    // From here on nothing changes the verdict, not even a listener who stops the launch now.
    this.#leaving = true;
    this.#emit({ kind: 'givingUp', failures: this.#failures.failures });
    this.#end(ExitCode.failureLimit);
  }

  #wait(): void {
    const delaySeconds = this.#failures.delaySeconds;
    this.#cancelTimer = this.#options.clock.after(delaySeconds, () => this.#guard(() => this.start()));
    this.#emit({ kind: 'restarting', delaySeconds, failures: this.#failures.failures });
  }

  #end(exitCode: number): void {
    if (this.ended) return;
    this.#exitCode = exitCode;
    this.#owner.ended();
  }

  #emit(event: DistributiveOmit<LaunchEvent, 'slot'>): void {
    this.#owner.emit({ ...event, slot: this.#slot } as LaunchEvent);
  }

  /** A callback's exception has no caller to go to, and must not leave workers behind. */
  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#owner.broke(error);
    }
  }
}

/** Whether a worker that was asked to leave did just that. */
function leftAsAsked(code: number): boolean {
  return code === ExitCode.preempted || isSignalCode(code);
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;
