import { type Random, integer } from '@galapagos/dna';
import type { Directory, Inode } from './inodes.js';
import { File } from './inodes.js';

/** One change of names, whole or not at all. */
interface Step {
  readonly at: number;
  readonly host: string;
  /** The directories whose names it changed. */
  readonly touches: readonly Directory[];
  readonly undo: () => void;
  /** The file whose first name it gave. */
  readonly created: File | undefined;
  readonly removeName: (() => void) | undefined;
}

/** Seconds after which a system writes out what nobody asked it to. */
const WRITTEN_BACK = 30;

/**
 * The order in which names were changed. A power cut undoes some of the last changes: names are journalled in their
 * order by every filesystem that was measured, a rename whole or not at all. To sync a directory has everything on
 * disk up to the last change in it.
 */
export class Journal {
  #steps: Step[] = [];

  add(step: Omit<Step, 'created' | 'removeName'> & Partial<Step>): void {
    this.#steps.push({ created: undefined, removeName: undefined, ...step });
    const first = this.#steps[0];
    if (this.#steps.length > 256 && first !== undefined)
      this.#steps = this.#steps.filter(({ at }) => step.at - at < WRITTEN_BACK);
  }

  sync(directory: Directory): void {
    const last = this.#steps.findLastIndex(({ touches }) => touches.includes(directory));
    this.#steps.splice(0, last + 1);
  }

  /** Everything loses power: a random number of the last changes never were. */
  cut(random: Random, now: number): void {
    const steps = this.#steps.filter(({ at }) => now - at < WRITTEN_BACK);
    const lost = integer(random, steps.length + 1);
    for (let count = 0; count < lost; count++) steps.pop()?.undo();
    this.#steps = [];
  }

  /**
   * A client loses power: names that it gave to files may never have reached the server, where their contents did
   * not either. Its renames and directories were the server's work.
   */
  cutClient(host: string, random: Random): void {
    for (const step of this.#steps.toReversed()) {
      if (step.host !== host || step.created?.onDisk !== undefined) continue;
      if (random.next() < 0.3) step.removeName?.();
    }
  }
}

/** What is left of the contents of a file that was not on disk: what was before, nothing, a part, zeros, or all. */
export function cutContents(file: File, random: Random, host?: string): void {
  if (file.dirty === undefined || (host !== undefined && file.dirty.host !== host)) return;
  const part = file.data.slice(0, integer(random, file.data.length + 1));
  const outcomes = [file.onDisk ?? new Uint8Array(), new Uint8Array(), part, part.slice().fill(0), file.data];
  file.data = file.onDisk = outcomes[integer(random, outcomes.length)] ?? part;
  file.dirty = undefined;
}

/** Every inode below a directory, each once. */
export function inodesBelow(directory: Directory, found = new Set<Inode>()): Set<Inode> {
  for (const inode of directory.entries.values()) {
    if (found.has(inode)) continue;
    found.add(inode);
    if (!(inode instanceof File)) inodesBelow(inode, found);
  }
  return found;
}
