interface Happening {
  readonly due: number;
  /** Of several at the same time, the order in which they were asked for. */
  readonly order: number;
  readonly act: () => void;
}

/** Simulated time: what is to happen, in its order. Nothing else makes time pass. */
export class Timeline {
  #now = 0;
  #count = 0;
  /** A heap: each is no later than the two at twice its place. */
  readonly #heap: Happening[] = [];

  /** Seconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Has something happen after so many seconds. */
  after(seconds: number, act: () => void): void {
    const heap = this.#heap;
    let at = heap.push({ due: this.#now + seconds, order: this.#count++, act }) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(at, above)) break;
      this.#swap(at, above);
      at = above;
    }
  }

  /** Lets the next thing happen. @returns False when there is none. */
  step(): boolean {
    const heap = this.#heap;
    const next = heap[0];
    if (next === undefined) return false;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    this.#now = next.due;
    next.act();
    return true;
  }

  #sink(): void {
    for (let at = 0; ;) {
      let first = at;
      for (const below of [2 * at + 1, 2 * at + 2])
        if (below < this.#heap.length && this.#isBefore(below, first)) first = below;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (x === undefined || y === undefined) return false;
    return x.due < y.due || (x.due === y.due && x.order < y.order);
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (x === undefined || y === undefined) return;
    this.#heap[a] = y;
    this.#heap[b] = x;
  }
}
