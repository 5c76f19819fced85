import type { Entry } from './layout.js';

interface Known<E> {
  readonly name: string;
  readonly entry: E;
  /** The last listing that it was in. */
  seenIn: number;
}

/**
 * What one directory of individuals holds, listing after listing. Most of what is there was there before: only new names
 * are parsed, and they alone have to find their place in the order.
 */
export class Listing<E extends Entry> {
  readonly #known = new Map<string, Known<E>>();
  #sorted: Known<E>[] = [];
  #listings = 0;

  /** @param parse What a name says; undefined where it is none of ours. */
  constructor(private readonly parse: (name: string) => E | undefined) {}

  /**
   * @param names In no order, some of them twice: others rename in the directory meanwhile.
   * @returns Each once, in the order of their names: so that the same chance draws the same ones.
   */
  read(names: readonly string[]): E[] {
    const listing = ++this.#listings;
    const fresh: Known<E>[] = [];
    for (const name of names) {
      const known = this.#known.get(name);
      if (known !== undefined) {
        known.seenIn = listing;
        continue;
      }
      const entry = this.parse(name);
      if (entry === undefined) continue;
      const found = { name, entry, seenIn: listing };
      this.#known.set(name, found);
      fresh.push(found);
    }
    const stayed: Known<E>[] = [];
    for (const known of this.#sorted) {
      if (known.seenIn === listing) stayed.push(known);
      else this.#known.delete(known.name);
    }
    // Nearly in order already, which is sorted in one pass.
    this.#sorted = [...stayed, ...fresh].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#sorted.map(({ entry }) => entry);
  }
}
