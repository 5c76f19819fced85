import { type ChildProcess, fork } from 'node:child_process';
import { LOG_TAIL } from '../exit-failure.js';
import { linesOf } from './lines.js';

/** Milliseconds in which what a program wrote last has to be read, once it has ended. */
const LEAVINGS_MS = 5000;

/** How a program ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program of somebody else's that runs, guarded. */
export class Program {
  readonly end: Promise<End>;
  readonly #guard: ChildProcess;
  #log = '';

  /**
   * Starts it.
   * @param guard The program that guards it: guard.js.
   * @param command As a shell reads it.
   * @param environment Beside that of this process.
   * @param onLine Is given each line of its stdout. @returns Whether it made anything of it: else it is for the log.
   */
  constructor(
    guard: string,
    command: string,
    environment: Readonly<Record<string, string>>,
    onLine: (line: string) => boolean,
  ) {
    this.#guard = fork(guard, [command], {
      execArgv: [],
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#guard.stderr?.setEncoding('utf8').on('data', (text: string) => this.note(text));
    const hear = linesOf((line) => {
      if (!onLine(line)) this.note(`${line}\n`);
    });
    this.#guard.stdout?.setEncoding('utf8').on('data', hear);
    this.#guard.on('error', (error) => this.note(String(error)));
    let end: End = { code: null, signal: 'SIGKILL' };
    this.#guard.on('message', (message) => (end = message as End));
    this.end = new Promise((resolve) => {
      // Not at its exit: what the program wrote last is read by now.
      this.#guard.once('close', () => resolve(end));
      // Unless somebody holds on to its pipes who has left its group.
      this.#guard.once('exit', () => setTimeout(() => resolve(end), LEAVINGS_MS).unref());
    });
  }

  /** The tail of what it wrote. */
  get log(): string {
    return this.#log;
  }

  /** Sends a signal to it, and to all of its group. */
  tell(signal: NodeJS.Signals): void {
    if (this.#guard.connected) this.#guard.send(signal);
  }

  private note(text: string): void {
    this.#log = (this.#log + text).slice(-LOG_TAIL);
  }
}
