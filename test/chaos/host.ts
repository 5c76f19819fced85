import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BitStringOptions } from '../support/bit-string-trainer.js';
import type { TestExperiment } from '../worker/experiment.js';
import type { Audit, AuditOptions } from './audit.js';

/** What a worker is started with: the argument of `test/worker/fixtures/worker.mjs`. */
export interface WorkerArguments {
  readonly root: string;
  readonly trainer: BitStringOptions & { readonly trace: string };
  readonly host: 'node' | 'unknowing';
  readonly sync: boolean;
}

/** How a worker ended. */
export interface End {
  readonly slot: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** The last that it wrote to stderr. */
  readonly words: string;
}

interface Message {
  readonly ready?: true;
  readonly ended?: number;
  readonly code?: number | null;
  readonly signal?: string | null;
  readonly words?: string;
  readonly to?: number;
  readonly answer?: unknown;
  readonly failure?: string;
}

/** A host, by the agent that stands on it; it ends when the agent does. */
export class Host {
  readonly #waiting = new Map<
    number,
    { resolve: (answer: unknown) => void; reject: (error: Error) => void }
  >();
  #number = 0;
  #isOver = false;
  readonly over: Promise<void>;
  readonly ready: Promise<void>;

  constructor(
    readonly name: string,
    private readonly agent: ChildProcess,
    onEnd: (end: End) => void,
  ) {
    let words = '';
    agent.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
    let isReady: () => void = () => undefined;
    let isNot: (error: Error) => void = () => undefined;
    this.ready = new Promise((resolve, reject) => ([isReady, isNot] = [resolve, reject]));
    this.ready.catch(() => undefined);
    if (agent.stdout === null) throw new Error('an agent needs pipes');
    createInterface({ input: agent.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as Message;
      if (message.ready === true) return isReady();
      if (message.ended !== undefined) {
        const { ended: slot, code = null, signal = null, words: said = '' } = message;
        return onEnd({ slot, code, signal, words: said });
      }
      const waiting = this.#waiting.get(message.to ?? -1);
      this.#waiting.delete(message.to ?? -1);
      if (message.failure === undefined) waiting?.resolve(message.answer);
      else waiting?.reject(new Error(`${name}: ${message.failure}`));
    });
    agent.stdin?.on('error', () => undefined);
    this.over = new Promise((resolve) => {
      agent.once('close', () => {
        this.#isOver = true;
        const error = new Error(`host ${name} is gone: ${words}`);
        isNot(error);
        for (const { reject } of this.#waiting.values()) reject(error);
        resolve();
      });
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  async start(slot: number, worker: WorkerArguments, env: Readonly<Record<string, string>>): Promise<void> {
    await this.#ask('start', { slot, worker, env });
  }

  /** @returns Whether there was a worker to send it to. */
  async signal(slot: number, signal: NodeJS.Signals): Promise<boolean> {
    return (await this.#ask('signal', { slot, signal })) as boolean;
  }

  async signalAll(signal: NodeJS.Signals): Promise<void> {
    await this.#ask('signalAll', { signal });
  }

  async make(root: string, experiment: TestExperiment): Promise<void> {
    await this.#ask('make', { root, experiment });
  }

  /** Runs a command there. @throws Error when it fails. */
  async run(command: readonly string[]): Promise<void> {
    await this.#ask('run', { command });
  }

  /** Training and alive, each once. */
  async size(root: string): Promise<number> {
    return (await this.#ask('size', { root })) as number;
  }

  async audit(options: AuditOptions): Promise<Audit> {
    return (await this.#ask('audit', { options })) as Audit;
  }

  /** Ends the agent and all that it started. */
  async close(): Promise<void> {
    this.agent.stdin?.end();
    await this.over;
  }

  #ask(order: string, what: object): Promise<unknown> {
    if (this.#isOver) return Promise.reject(new Error(`host ${this.name} is gone`));
    const number = ++this.#number;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
    this.agent.stdin?.write(`${JSON.stringify({ ...what, order, number })}\n`);
    return answer;
  }
}
