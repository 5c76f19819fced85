import type { Terminal } from '../terminal.js';

/** Which of a launch's workers wait for room on the disk. The first one is told of, and that it is over. */
export class Waits {
  readonly #slots = new Set<number>();

  constructor(private readonly terminal: Terminal) {}

  get any(): boolean {
    return this.#slots.size > 0;
  }

  /** @param waitsFor Why there is no room; undefined where this worker waits no more. */
  note(slot: number, waitsFor: string | undefined): void {
    const { any } = this;
    if (waitsFor !== undefined) this.#slots.add(slot);
    else if (!this.#slots.delete(slot)) return;
    if (!any && waitsFor !== undefined) this.terminal.err(`worker ${slot} waits for room: ${waitsFor}`);
    if (any && !this.any) this.terminal.err('there is room again');
  }

  /** It has ended, which says nothing of any room. */
  forget(slot: number): void {
    this.#slots.delete(slot);
  }
}
