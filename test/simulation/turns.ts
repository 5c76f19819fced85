import type { Filesystem } from '@galapagos/population';
import type { Time, VirtualProcess } from './machines.js';

/** An operation that waits for its turn. */
export interface Waiting {
  readonly process: VirtualProcess;
  readonly operation: keyof Filesystem;
  readonly paths: readonly string[];
  readonly go: () => void;
  /** Carries it out, whatever it comes to, and tells nobody. */
  readonly goUnseen: () => void;
  readonly fail: (error: Error) => void;
}

/** What an operation came to, for those who watch. */
export type Watch = (waiting: Waiting, outcome: unknown) => void;

/**
 * Time in which one operation of one process happens at a time, whenever somebody lets it: every order of them can be
 * had. Clocks stand still until everybody waits for time to pass.
 */
export class Turns implements Time {
  #now = 0;
  #waiting: Waiting[] = [];
  #sleepers: { readonly due: number; readonly act: () => void }[] = [];

  get now(): number {
    return this.#now;
  }

  after(seconds: number, act: () => void): void {
    this.#sleepers.push({ due: this.#now + seconds, act });
  }

  /** Those that wait, of each process the first. */
  waiting(): Waiting[] {
    this.#waiting = this.#waiting.filter(({ process }) => !process.isGone);
    const first = new Map<VirtualProcess, Waiting>();
    for (const one of this.#waiting) if (!first.has(one.process)) first.set(one.process, one);
    return [...first.values()].sort((a, b) => a.process.pid - b.process.pid);
  }

  take(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    waiting.go();
  }

  /** Answers with an error now, and has it carried out when that other process has its turn. */
  delay(waiting: Waiting, later: VirtualProcess, error: Error): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    this.#waiting.push({ ...waiting, process: later, go: waiting.goUnseen });
    waiting.fail(error);
  }

  /** Nobody can do anything: time passes, to the next who wanted to wait. @returns False when there is none. */
  pass(): boolean {
    this.#sleepers.sort((a, b) => a.due - b.due);
    const next = this.#sleepers.shift();
    if (next === undefined) return false;
    this.#now = Math.max(this.#now, next.due);
    next.act();
    return true;
  }

  /** A filesystem whose every operation waits for its turn. */
  filesystem(process: VirtualProcess, inner: Filesystem, watch: Watch): Filesystem {
    const wrapped = Object.entries(inner).map(([name, perform]) => [
      name,
      (...args: unknown[]): Promise<unknown> => {
        const operation = name as keyof Filesystem;
        const paths =
          operation === 'rename' || operation === 'link' || operation === 'copy'
            ? args.slice(0, 2)
            : [args[0]].flat();
        return new Promise((resolve, reject) => {
          const go = () => {
            (perform as (...args: unknown[]) => Promise<unknown>)(...args).then(
              (value) => {
                // A listing has no order; one is enough.
                const result = Array.isArray(value) ? (value as string[]).sort() : value;
                watch(waiting, result);
                process.deliver(() => resolve(result));
              },
              (error: unknown) => {
                watch(waiting, error);
                process.deliver(() => reject(error instanceof Error ? error : new Error(String(error))));
              },
            );
          };
          const goUnseen = () => {
            (perform as (...args: unknown[]) => Promise<unknown>)(...args).then(
              () => watch(waiting, 'late'),
              () => undefined,
            );
          };
          const fail = (error: Error) => {
            watch(waiting, error);
            process.deliver(() => reject(error));
          };
          const waiting: Waiting = { process, operation, paths: paths as string[], go, goUnseen, fail };
          this.#waiting.push(waiting);
        });
      },
    ]);
    return Object.fromEntries(wrapped) as Filesystem;
  }
}

/** Resolves when everybody who can go on without a turn has done so. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
