import type { Filesystem } from '@galapagos/population';
import { systemCode } from '../simulation/inodes.js';

export type Operation = keyof Filesystem;

/** Thrown by every operation of a filesystem whose process has crashed. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** One call of an operation; of a rename, a link or a copy both names, of a sync its first. */
export interface Call {
  readonly operation: Operation;
  readonly path: string;
  readonly to: string | undefined;
  /** What is on disk when it resolves. */
  readonly synced: readonly string[];
}

export interface FaultPattern {
  readonly operation: Operation;
  /** What the path, or the second one, has to match. @default anything */
  readonly path?: RegExp;
  /** Which of the calls that match it meets, from 1. @default 1 */
  readonly nth?: number;
  /** Whether it meets all that follow too. @default false */
  readonly lasting?: boolean;
}

interface Fault {
  readonly pattern: FaultPattern;
  readonly strike: (perform: () => Promise<unknown>, call: Call) => Promise<unknown>;
  met: number;
}

/**
 * A filesystem around another that fails where a test wants it to: with an error before or *after* the operation
 * was done, by hanging until it is released, by listings that lie, by the death of the whole process.
 */
export class FaultyFilesystem implements Filesystem {
  /** All calls so far, for a test to look at. */
  readonly calls: Call[] = [];
  #faults: Fault[] = [];
  #crash: { at: number; torn: boolean } | undefined;
  #crashed = false;
  #running = new Set<Promise<unknown>>();

  constructor(private readonly inner: Filesystem) {}

  /** Answers a call with an error code; `after` it was carried out all the same. */
  fail(pattern: FaultPattern, code: string, when: 'before' | 'after' = 'before'): void {
    this.#add(pattern, async (perform, { path }) => {
      if (when === 'after') await perform();
      throw systemError(code, path);
    });
  }

  /** Holds a call up until the returned function is called; then it is carried out. */
  hang(pattern: FaultPattern): () => void {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.#add(pattern, async (perform) => {
      await released;
      return await perform();
    });
    return release;
  }

  /** Changes what a listing says. */
  lie(pattern: Omit<FaultPattern, 'operation'>, change: (names: string[]) => string[]): void {
    this.#add({ ...pattern, operation: 'list' }, async (perform) => change((await perform()) as string[]));
  }

  /** Does something else just before a call: another worker is faster. */
  before(pattern: FaultPattern, act: (call: Call) => Promise<unknown>): void {
    this.#add(pattern, async (perform, call) => {
      await act(call);
      return await perform();
    });
  }

  /** The process dies at its k-th operation from now, from 0; torn: with half of what it writes there. */
  crashAt(k: number, { torn = false } = {}): void {
    this.#crash = { at: this.calls.length + k, torn };
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  /** Resolves when what was under way when the process died has come to its end. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  list(directory: string): Promise<string[]> {
    return this.#call('list', directory, undefined, () => this.inner.list(directory));
  }
  read(file: string, limit?: number): Promise<Uint8Array> {
    return this.#call('read', file, undefined, () => this.inner.read(file, limit));
  }
  readPart(file: string, start: number, length: number): Promise<Uint8Array> {
    return this.#call('readPart', file, undefined, () => this.inner.readPart(file, start, length));
  }
  write(file: string, data: string | Uint8Array): Promise<void> {
    const half = () => this.inner.write(file, data.slice(0, data.length / 2));
    return this.#call('write', file, undefined, () => this.inner.write(file, data), half);
  }
  append(file: string, data: string): Promise<void> {
    const half = () => this.inner.append(file, data.slice(0, data.length / 2));
    return this.#call('append', file, undefined, () => this.inner.append(file, data), half, [file]);
  }
  create(file: string, data: string): Promise<void> {
    return this.#call('create', file, undefined, () => this.inner.create(file, data), undefined, [file]);
  }
  makeDirectory(directory: string): Promise<void> {
    return this.#call('makeDirectory', directory, undefined, () => this.inner.makeDirectory(directory));
  }
  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', from, to, () => this.inner.rename(from, to));
  }
  link(from: string, to: string): Promise<void> {
    return this.#call('link', from, to, () => this.inner.link(from, to));
  }
  copy(from: string, to: string): Promise<void> {
    return this.#call('copy', from, to, () => this.inner.copy(from, to), undefined, [to]);
  }
  unlink(file: string): Promise<void> {
    return this.#call('unlink', file, undefined, () => this.inner.unlink(file));
  }
  removeDirectory(directory: string): Promise<void> {
    return this.#call('removeDirectory', directory, undefined, () => this.inner.removeDirectory(directory));
  }
  measure(path: string): ReturnType<Filesystem['measure']> {
    return this.#call('measure', path, undefined, () => this.inner.measure(path));
  }

  kind(path: string): ReturnType<Filesystem['kind']> {
    return this.#call('kind', path, undefined, () => this.inner.kind(path));
  }
  sync(paths: readonly string[]): Promise<void> {
    const half = () => this.inner.sync(paths.slice(0, paths.length / 2));
    return this.#call('sync', paths[0] ?? '', undefined, () => this.inner.sync(paths), half, paths);
  }
  space(path: string): ReturnType<Filesystem['space']> {
    return this.#call('space', path, undefined, () => this.inner.space(path));
  }

  #add(pattern: FaultPattern, strike: Fault['strike']): void {
    this.#faults.push({ pattern, strike, met: 0 });
  }

  async #call<T>(
    operation: Operation,
    path: string,
    to: string | undefined,
    perform: () => Promise<T>,
    half?: () => Promise<unknown>,
    synced: readonly string[] = [],
  ): Promise<T> {
    if (this.#crashed) throw new Crash();
    const call = { operation, path, to, synced };
    this.calls.push(call);
    if (this.#crash !== undefined && this.calls.length > this.#crash.at) {
      this.#crashed = true;
      if (this.#crash.torn) await this.#track(half?.() ?? Promise.resolve());
      throw new Crash();
    }
    const fault = this.#faults.find((candidate) => meets(candidate, call));
    const result = fault === undefined ? perform() : (fault.strike(perform, call) as Promise<T>);
    return await this.#track(result);
  }

  async #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

function meets(fault: Fault, { operation, path, to, synced }: Call): boolean {
  const { pattern } = fault;
  if (operation !== pattern.operation) return false;
  const names = [path, to ?? '', ...synced];
  if (pattern.path !== undefined && !names.some((name) => pattern.path?.test(name))) return false;
  fault.met++;
  const nth = pattern.nth ?? 1;
  return pattern.lasting === true ? fault.met >= nth : fault.met === nth;
}

/** An error as Node's. */
function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: injected, '${path}'`), systemCode(code));
}
