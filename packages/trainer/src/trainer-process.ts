import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BackendChoice } from './backend.js';
import { LOG_TAIL, failureOfExit } from './failure.js';
import type {
  FromTrainer,
  ToTrainer,
  TrainingOutcome,
  TrainingProgress,
  TrainingRequest,
} from './messages.js';

export interface TrainerOptions {
  /** Options of the data set, and the settings of training, as the experiment has them. */
  readonly data: object;
  readonly training: object;
  /** @default 'auto' */
  readonly backend?: BackendChoice;
  /**
   * Seconds without a sign of life after which a training is ended as hung. Waiting for the filesystem does not count.
   * @default 600
   */
  readonly stallSeconds?: number;
  /** The program of the child process. @default child.js of this package */
  readonly program?: string;
}

/** Thrown when the trainer can train nothing at all. */
export class TrainerError extends Error {
  override readonly name = 'TrainerError';

  constructor(
    readonly kind: 'data' | 'backend' | 'crash',
    message: string,
  ) {
    super(message);
  }
}

export interface TrainerReady {
  readonly backend: string;
  readonly reason: string;
  /** SHA-256 of the data set. */
  readonly checksum: string;
}

export interface EvaluationControl {
  readonly handBack: AbortSignal;
  readonly abandon: AbortSignal;
  readonly onProgress: (progress: TrainingProgress) => void;
}

/**
 * Trains in a process of its own, which can die without the worker: an individual that crashes it costs that
 * individual only. The process is kept warm from one individual to the next.
 */
export class TrainerProcess {
  #child: Child | undefined;

  constructor(private readonly options: TrainerOptions) {}

  /** Starts the process, if it is not there. @throws TrainerError when it can train nothing. */
  async ready(): Promise<TrainerReady> {
    this.#child = this.#child?.isUsable === true ? this.#child : new Child(this.options);
    return await this.#child.ready;
  }

  /**
   * Trains and evaluates one individual. Failures are outcomes, not errors.
   * @throws TrainerError when the trainer can train nothing at all.
   */
  readonly evaluate = async (
    request: TrainingRequest,
    control: EvaluationControl,
  ): Promise<TrainingOutcome> => {
    await this.ready();
    const child = this.#child;
    if (child === undefined) throw new TrainerError('crash', 'the trainer ended');
    return await child.train(request, control);
  };

  /** Ends the process, at once. */
  async close(): Promise<void> {
    await this.#child?.kill();
    this.#child = undefined;
  }
}

/** One process, and the conversation with it. */
class Child {
  readonly ready: Promise<TrainerReady>;
  readonly #process: ChildProcess;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #log = '';
  #ended = false;
  #listener: ((message: FromTrainer) => void) | undefined;

  constructor(private readonly options: TrainerOptions) {
    const { data, training, backend = 'auto' } = options;
    const program = options.program ?? fileURLToPath(new URL('./child.js', import.meta.url));
    this.#process = fork(program, [JSON.stringify(data), JSON.stringify(training), backend], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream
        ?.setEncoding('utf8')
        .on('data', (text: string) => (this.#log = (this.#log + text).slice(-LOG_TAIL)));
    }
    this.#process.on('message', (message) => this.#listener?.(message as FromTrainer));
    this.#exited = new Promise((resolve) => {
      this.#process.on('error', (error) => {
        this.#log += String(error);
        this.#ended = true;
        resolve({ code: null, signal: null });
      });
      this.#process.on('exit', (code, signal) => {
        this.#ended = true;
        resolve({ code, signal });
      });
    });
    this.ready = this.#whenReady();
  }

  get isUsable(): boolean {
    return !this.#ended;
  }

  async train(
    request: TrainingRequest,
    { handBack, abandon, onProgress }: EvaluationControl,
  ): Promise<TrainingOutcome> {
    const watch = new Watchdog(this.options.stallSeconds ?? 600);
    const askBack = () => this.#send({ type: 'hand-back' });
    const endNow = () => void this.kill();
    try {
      const outcome = new Promise<TrainingOutcome>((resolve) => {
        this.#listener = (message) => {
          if (message.type === 'writing') watch.suspend();
          if (message.type === 'progress') {
            watch.reset();
            onProgress(message.progress);
          }
          if (message.type === 'ended') resolve(message.outcome);
        };
      });
      watch.reset();
      this.#send({ type: 'train', request });
      handBack.addEventListener('abort', askBack);
      abandon.addEventListener('abort', endNow);
      if (handBack.aborted) askBack();
      if (abandon.aborted) endNow();
      return await Promise.race([outcome, this.#crash(), this.#stall(watch)]);
    } finally {
      this.#listener = undefined;
      watch.stop();
      handBack.removeEventListener('abort', askBack);
      abandon.removeEventListener('abort', endNow);
    }
  }

  async kill(): Promise<void> {
    if (!this.#ended) this.#process.kill('SIGKILL');
    await this.#exited;
  }

  async #whenReady(): Promise<TrainerReady> {
    const answer = new Promise<TrainerReady>((resolve, reject) => {
      this.#listener = (message) => {
        if (message.type === 'ready') resolve(message);
        if (message.type === 'unusable') reject(new TrainerError(message.kind, message.message));
      };
    });
    const ended = this.#exited.then(({ code, signal }) => {
      throw new TrainerError(
        'crash',
        `${failureOfExit(code, signal, '').failure.reason} as it started\n${this.#log}`,
      );
    });
    try {
      return await Promise.race([answer, ended]);
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  async #crash(): Promise<TrainingOutcome> {
    const { code, signal } = await this.#exited;
    return failureOfExit(code, signal, this.#log);
  }

  async #stall(watch: Watchdog): Promise<TrainingOutcome> {
    await watch.expired;
    await this.kill();
    const reason = `no step for ${watch.seconds} s`;
    return {
      kind: 'failed',
      seconds: watch.seconds,
      flops: 0,
      failure: { class: 'timeout', reason, log: this.#log },
    };
  }

  #send(message: ToTrainer): void {
    // A channel that is closed means a process that ended, which `#crash` tells.
    if (this.#process.connected) this.#process.send(message);
  }
}

/** Notices when there was no sign of life for a while. */
class Watchdog {
  readonly expired: Promise<void>;
  #expire: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly seconds: number) {
    this.expired = new Promise((resolve) => (this.#expire = resolve));
  }

  reset(): void {
    this.stop();
    this.#timer = setTimeout(this.#expire, this.seconds * 1000);
  }

  /** Until the next reset. */
  suspend(): void {
    this.stop();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
