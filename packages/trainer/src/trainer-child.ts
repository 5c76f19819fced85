import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PopulationError } from '@galapagos/population';
import { LOG_TAIL, failureOfExit } from './exit-failure.js';
import type { FromTrainer, Spent, ToTrainer, TrainingOutcome, TrainingRequest } from './messages.js';
import { TrainerError, type EvaluationControl, type TrainerOptions, type TrainerReady } from './trainer.js';
import { Watchdog } from './watchdog.js';

interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What is being waited for from the process. */
interface Listener {
  readonly onMessage: (message: FromTrainer) => void;
  /** It has ended, or is killed. */
  readonly onEnd: (end: ProcessEnd) => void;
}

const KILLED: ProcessEnd = { code: null, signal: 'SIGKILL' };

/** One process that trains, and the conversation with it. */
export class TrainerChild {
  readonly ready: Promise<TrainerReady>;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  #log = '';
  #ended = false;
  #hasTrained = false;
  #listener: Listener | undefined;

  constructor(private readonly options: TrainerOptions) {
    const { data, training, backend = 'auto', checksum = '' } = options;
    const program = options.program ?? fileURLToPath(new URL('./child.js', import.meta.url));
    this.#process = fork(program, [JSON.stringify(data), JSON.stringify(training), backend, checksum], {
      serialization: 'advanced',
      // A debugger or a profiler of the worker is not one of the trainer.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream
        ?.setEncoding('utf8')
        .on('data', (text: string) => (this.#log = (this.#log + text).slice(-LOG_TAIL)));
    }
    this.#process.on('message', (message) => this.#listener?.onMessage(message as FromTrainer));
    this.#exited = new Promise((resolve) => {
      const end = (how: ProcessEnd) => {
        this.#end(how);
        resolve();
      };
      // Not at its exit: what it wrote last is read by now.
      this.#process.on('close', (code, signal) => end({ code, signal }));
      this.#process.on('error', (error) => {
        this.#log += String(error);
        if (this.#process.pid === undefined) end({ code: null, signal: null });
      });
    });
    this.ready = this.#begin();
  }

  /** Whether it can be given an individual: as far as is known, it lives. */
  get isUsable(): boolean {
    return !this.#ended;
  }

  /** Whether an individual has been trained in it. */
  get hasTrained(): boolean {
    return this.#hasTrained;
  }

  /**
   * Trains one individual.
   * @returns Undefined when the process ended before it heard of it.
   * @throws TrainerError, or PopulationError `UNFIT`, when it can no longer train at all.
   */
  async train(
    request: TrainingRequest,
    { handBack, abandon, onProgress, onFull }: EvaluationControl,
  ): Promise<TrainingOutcome | undefined> {
    let spent: Spent = { seconds: 0, flops: 0 };
    let isHeard = false;
    let isStalled = false;
    const watch = new Watchdog(this.options.stallSeconds ?? 600, () => {
      isStalled = true;
      this.kill();
    });
    const askBack = () => this.#send({ type: 'hand-back' });
    const endNow = () => this.kill();
    this.#log = '';
    try {
      return await new Promise<TrainingOutcome | undefined>((resolve, reject) => {
        const onMessage = (message: FromTrainer) => {
          isHeard = true;
          watch.reset();
          if (message.type === 'waiting' || message.type === 'full') watch.stop();
          if (message.type === 'full') onFull?.(message.reason);
          if (message.type === 'progress') {
            spent = message.progress.spent;
            onProgress(message.progress);
          }
          if (message.type === 'unusable') reject(errorOf(message));
          if (message.type === 'ended') resolve(message.outcome);
        };
        const onEnd = ({ code, signal }: ProcessEnd) => {
          if (abandon.aborted) return resolve({ kind: 'taken-away', ...spent });
          if (!isHeard && !isStalled) return resolve(undefined);
          const end = failureOfExit(code, signal, this.#log);
          const failure = isStalled
            ? {
                ...end,
                class: 'timeout' as const,
                reason: `no step for ${this.options.stallSeconds ?? 600} s`,
              }
            : end;
          resolve({ kind: 'failed', ...spent, failure });
        };
        this.#listener = { onMessage, onEnd };
        if (this.#ended) return resolve(undefined);
        watch.reset();
        this.#hasTrained = true;
        this.#send({ type: 'train', request });
        handBack.addEventListener('abort', askBack);
        abandon.addEventListener('abort', endNow);
        if (handBack.aborted) askBack();
        if (abandon.aborted) endNow();
      });
    } finally {
      this.#listener = undefined;
      watch.stop();
      handBack.removeEventListener('abort', askBack);
      abandon.removeEventListener('abort', endNow);
    }
  }

  /** Ends it at once. It counts as ended, though one that hangs in a filesystem may live on until that answers. */
  kill(): void {
    if (!this.#ended) this.#process.kill('SIGKILL');
    this.#end(KILLED);
  }

  /** Resolves when the process is no more. */
  async exited(): Promise<void> {
    await this.#exited;
  }

  async #begin(): Promise<TrainerReady> {
    try {
      return await new Promise<TrainerReady>((resolve, reject) => {
        const onMessage = (message: FromTrainer) => {
          if (message.type === 'ready') resolve(message);
          if (message.type === 'unusable') reject(errorOf(message));
        };
        const onEnd = ({ code, signal }: ProcessEnd) => {
          const { reason } = failureOfExit(code, signal, this.#log);
          reject(new TrainerError('crash', `${reason} as it started\n${this.#log}`));
        };
        this.#listener = { onMessage, onEnd };
      });
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  #end(how: ProcessEnd): void {
    this.#ended = true;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onEnd(how);
  }

  #send(message: ToTrainer): void {
    // A channel that is closed belongs to a process that ended, and that is told by its end.
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }
}

/** Why it can train nothing. A disk that is full says so in the words of the population, whose disk it is. */
function errorOf({ kind, message }: Extract<FromTrainer, { type: 'unusable' }>): Error {
  return kind === 'filesystem' ? new PopulationError('UNFIT', message) : new TrainerError(kind, message);
}
