import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RacerArguments } from './racer.js';

/** As it was built, also where this file runs from its source. */
const program = fileURLToPath(new URL('../../dist/mount/racer.js', import.meta.url));

/** Processes of this host that take part in an examination. One that fails takes it along. */
export class Company {
  readonly #children: readonly ChildProcess[];
  readonly #failure = new AbortController();

  constructor(names: readonly string[], told: Omit<RacerArguments, 'me'>) {
    this.#children = names.map((me) => {
      const racer: RacerArguments = { ...told, me };
      const child = spawn(process.execPath, [program, JSON.stringify(racer)], {
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      let words = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
      child.once('error', (error) => this.#failure.abort(error));
      child.once('close', (code, signal) => {
        if (code !== 0) this.#failure.abort(new Error(`${me} ended with ${signal ?? code}: ${words}`));
      });
      return child;
    });
  }

  /** Aborted when one of them has failed. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** Ends those that still run. */
  async dismiss(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }),
    );
  }
}
