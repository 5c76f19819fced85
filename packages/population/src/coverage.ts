import type { WorkerName } from './layout.js';

/** Bytes of a history from one line's beginning to another line's end. */
export type Range = readonly [from: number, to: number];

/** Which parts of the workers' histories are known. */
export class Coverage {
  readonly #ranges = new Map<WorkerName, Range[]>();
  /** Those whose history is known to its end, and never grows again. */
  readonly #ended = new Set<WorkerName>();

  add(worker: WorkerName, range: Range): void {
    const joined: Range[] = [];
    for (const next of [...(this.#ranges.get(worker) ?? []), range].sort((a, b) => a[0] - b[0])) {
      const last = joined.at(-1);
      if (last === undefined || next[0] > last[1]) joined.push(next);
      else joined[joined.length - 1] = [last[0], Math.max(last[1], next[1])];
    }
    this.#ranges.set(worker, joined);
  }

  end(worker: WorkerName): void {
    this.#ended.add(worker);
  }

  addAll(other: Coverage): void {
    for (const { worker, ranges, hasEnded } of other.list()) {
      for (const range of ranges) this.add(worker, range);
      if (hasEnded) this.end(worker);
    }
  }

  /** What is not known of a history, in its order; the last gap is open unless the history has ended. */
  gaps(worker: WorkerName): Range[] {
    const ranges = this.#ranges.get(worker) ?? [];
    const gaps: Range[] = [];
    let end = 0;
    for (const [from, to] of ranges) {
      if (from > end) gaps.push([end, from]);
      end = to;
    }
    if (!this.#ended.has(worker)) gaps.push([end, Infinity]);
    return gaps;
  }

  /** Whether what stands there is known. */
  includes(worker: WorkerName, start: number): boolean {
    return (this.#ranges.get(worker) ?? []).some(([from, to]) => start >= from && start < to);
  }

  hasEnded(worker: WorkerName): boolean {
    return this.#ended.has(worker);
  }

  list(): { worker: WorkerName; ranges: readonly Range[]; hasEnded: boolean }[] {
    const workers = new Set([...this.#ranges.keys(), ...this.#ended]);
    return [...workers].map((worker) => ({
      worker,
      ranges: this.#ranges.get(worker) ?? [],
      hasEnded: this.#ended.has(worker),
    }));
  }
}
