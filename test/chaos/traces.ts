import { readFileSync, readdirSync } from 'node:fs';
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

/** Counts events while they are being written, reading each file no more than once. */
export class Counter {
  readonly #read = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  constructor(private readonly directory: string) {}

  /** How often each event happened so far. */
  count(): ReadonlyMap<string, number> {
    for (const file of readdirSync(this.directory)) {
      const from = this.#read.get(file) ?? 0;
      const data = readFileSync(join(this.directory, file));
      const end = data.lastIndexOf(10) + 1;
      if (end <= from) continue;
      this.#read.set(file, end);
      for (const [, event = ''] of data.toString('utf8', from, end).matchAll(/"event":"([a-z-]+)"/g))
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
