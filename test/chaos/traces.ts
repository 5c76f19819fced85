import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerEvent } from '@galapagos/worker';
import type { TraceLine } from '../support/bit-string-trainer.js';

/** A line that a worker's process left: an event of the worker, or the start or the end of a training. */
export type Line = WorkerEvent | TraceLine;

/** The lines of every process, in its order; a last one that was cut short by a kill is left out. */
export function readTraces(directory: string): Line[][] {
  return readdirSync(directory)
    .sort()
    .map((file) => linesOf(readFileSync(join(directory, file), 'utf8')));
}

function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** What a file holds from a byte on. */
function readFrom(path: string, from: number): Buffer {
  const length = Math.max(0, statSync(path).size - from);
  if (length === 0) return Buffer.alloc(0);
  const file = openSync(path, 'r');
  try {
    const data = Buffer.alloc(length);
    return data.subarray(0, readSync(file, data, 0, length, from));
  } finally {
    closeSync(file);
  }
}

/** Counts events while they are being written, reading each line once. */
export class Counter {
  readonly #read = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  constructor(private readonly directory: string) {}

  /** How often each event happened so far. */
  count(): ReadonlyMap<string, number> {
    for (const name of readdirSync(this.directory)) {
      const from = this.#read.get(name) ?? 0;
      const data = readFrom(join(this.directory, name), from);
      const end = data.lastIndexOf(10) + 1;
      this.#read.set(name, from + end);
      for (const [, event = ''] of data.toString('utf8', 0, end).matchAll(/"event":"([a-z-]+)"/g))
        this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1);
    }
    return this.#counts;
  }
}

/**
 * Whom a power cut at this moment may put one transition back, since renames are not fsynced: the individuals of each
 * worker's last turn. What came before was on disk when that turn's child was.
 * @param files The traces of the processes that work at this moment.
 */
export function lastTurns(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const lines = linesOf(readFileSync(file, 'utf8'));
    const last = lines.findLastIndex(({ event }) => event === 'published' || event === 'buried');
    return lines
      .slice(Math.max(0, last))
      .flatMap((line) => ('id' in line && line.id !== undefined ? [line.id] : []));
  });
}
