import { ExitCode } from './exit-codes.js';
import { beforeJobEnds } from './job-end.js';
import { isIndexedPod } from './pod.js';
import { onEndSignals } from './signals.js';

/** Milliseconds in which a worker that was told twice has to be gone; a filesystem that hangs may hold it longer. */
const AT_ONCE_MS = 2000;

/**
 * How a worker's process comes to leave: signals, the end of its job, or a launcher that is gone.
 *
 * - **asked**: the first signal, the end of the job's time being near (SLURM_JOB_END_TIME), or the launcher's end. It gives
 *   back what it holds, and begins nothing that the time is too short for.
 * - **forced**: the second signal. It leaves at once; what it held is adopted.
 */
export class Departure {
  readonly #asked = new AbortController();
  readonly #forced = new AbortController();
  readonly #stopListening: () => void;
  #exitCode: number = ExitCode.done;
  #lastResort: NodeJS.Timeout | undefined;
  readonly #forgetJob: () => void;

  /** Listens from now on: a signal while the trainer starts is one too. */
  constructor(clock: { monotonic(): number; now(): Date }) {
    this.#stopListening = onEndSignals(
      clock,
      (signal) => {
        if (signal === 'SIGUSR1' || (signal === 'SIGTERM' && isIndexedPod())) this.timeIsUp(signal);
        else this.#asked.abort(signal);
      },
      (signal, exitCode) => {
        this.#exitCode = exitCode;
        this.#asked.abort(signal);
        this.#forced.abort();
        this.#lastResort = setTimeout(() => process.exit(exitCode), AT_ONCE_MS);
      },
    );
    this.#forgetJob = beforeJobEnds(clock, () => this.timeIsUp('its job ends'));
    if (process.channel !== undefined) process.once('disconnect', this.#launcherIsGone);
    // The launcher may have died before anybody listened.
    if (process.env['GALAPAGOS_SLOT'] !== undefined && !process.connected) this.#launcherIsGone();
  }

  /** Aborted when the worker is to give back what it holds; the reason says what asks. */
  get asked(): AbortSignal {
    return this.#asked.signal;
  }

  /** Aborted when it is to leave at once. */
  get forced(): AbortSignal {
    return this.#forced.signal;
  }

  /** Of a worker that left because it was asked to. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** Stops listening, so that the process can end. */
  close(): void {
    this.#stopListening();
    clearTimeout(this.#lastResort);
    this.#forgetJob();
    process.off('disconnect', this.#launcherIsGone);
    if (process.connected) process.disconnect();
  }

  /** Leaves as on the first signal, and wants its job to be queued again. */
  timeIsUp(by: string): void {
    if (!this.#asked.signal.aborted) this.#exitCode = ExitCode.requeue;
    this.#asked.abort(by);
  }

  readonly #launcherIsGone = (): void => this.#asked.abort('its launcher is gone');
}

/** What a promise comes to, or undefined where the signal is aborted before. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return await new Promise<T | undefined>((resolve, reject) => {
    const giveUp = () => resolve(undefined);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
