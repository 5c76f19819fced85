import type { Random } from '@galapagos/dna';
import type { View } from './disk.js';
import { type Change, Directory, type File, type Inode, failure } from './inodes.js';
import type { Weaknesses } from './weaknesses.js';

/** What a mount remembers, and may answer out of, though another host has changed it. */
export class ClientCache implements View {
  /** Directories by their names, as they were last looked up, and how long a change of another may go unseen. */
  readonly #names = new Map<Directory, Map<string, { readonly directory: Directory; lag?: number }>>();
  readonly #listed = new WeakMap<Directory, number>();
  readonly #contents = new WeakMap<File, { readonly data: Uint8Array; readonly at: number }>();
  readonly #kinds = new Map<
    string,
    { readonly answer: Inode | undefined; readonly at: number; readonly isMisled?: boolean }
  >();

  constructor(
    readonly host: string,
    private readonly random: Random,
    private readonly now: () => number,
    /** They may change while it runs. */
    private readonly weaknesses: () => Weaknesses,
  ) {}

  /** On the way through a path: a directory that another host renamed may still be there. */
  readonly look = (parent: Directory, name: string): Inode | undefined => {
    const found = parent.entries.get(name);
    if (found instanceof Directory && this.isUnreachable(found)) throw failure('ESTALE', name);
    const { stalePath } = this.weaknesses();
    if (stalePath === 0) return found;
    const known = this.#names.get(parent);
    if (found instanceof Directory) {
      if (known === undefined) this.#names.set(parent, new Map([[name, { directory: found }]]));
      else if (known.get(name)?.directory !== found) known.set(name, { directory: found });
      return found;
    }
    const remembered = known?.get(name);
    if (found !== undefined || remembered === undefined) return found;
    const gone = lastChange(parent, name);
    remembered.lag ??= this.#lag(stalePath);
    if (gone === undefined || gone.by === this.host || this.now() - gone.at > remembered.lag) {
      known?.delete(name);
      return undefined;
    }
    return remembered.directory;
  };

  /** What stat says a path is: of what another host changed, perhaps what it was. */
  kind(path: string, found: Inode | undefined, by: string | undefined): Inode | undefined {
    const { staleAttributes } = this.weaknesses();
    if (staleAttributes === 0) return found;
    const known = this.#kinds.get(path);
    const isStale =
      known !== undefined && known.answer !== found && (by !== this.host || known.isMisled === true);
    if (isStale && this.now() - known.at < this.#lag(staleAttributes)) return known.answer;
    this.#kinds.set(path, { answer: found, at: this.now() });
    return found;
  }

  /** What this host did itself, and was told that it did not: it goes on believing what was before. */
  mislead(path: string, answer: Inode | undefined): void {
    this.#kinds.set(path, { answer, at: this.now(), isMisled: true });
  }

  /** What this host did itself it sees. */
  forget(path: string): void {
    this.#kinds.delete(path);
  }

  /** What a file holds; perhaps what it held when this host last asked for it, a moment ago. */
  contents(file: File): Uint8Array {
    const { written, data } = file;
    const { staleContents } = this.weaknesses();
    if (staleContents === 0) return data;
    const known = this.#contents.get(file);
    const isStale = known !== undefined && known.data !== data && written?.by !== this.host;
    if (isStale && this.now() - known.at < this.#lag(staleContents)) return known.data;
    this.#contents.set(file, { data, at: this.now() });
    return data;
  }

  /** The names in a directory, by a listing that began at `since`. */
  names(directory: Directory, since: number): string[] {
    const { listing, staleListing } = this.weaknesses();
    this.#listed.set(directory, this.now());
    const names = new Set(directory.entries.keys());
    const extra: string[] = [];
    if (listing > 0 || staleListing > 0) {
      const from = since - this.#lag(staleListing);
      for (const change of directory.changes) {
        const isMeanwhile = change.at >= since && this.random.next() < listing;
        const isUnseen = change.at >= from && change.by !== this.host && this.random.next() < 0.5;
        if (change.at < from || !(isMeanwhile || isUnseen)) continue;
        if (change.kind === 'came') names.delete(change.name);
        else if (!directory.entries.has(change.name)) names.add(change.name);
        else extra.push(change.name);
      }
    }
    return [...names, ...extra];
  }

  isUnreachable(directory: Directory): boolean {
    return directory.isUnreachable && this.weaknesses().unreachable > 0;
  }

  /** Whether a handle of what is at a path is stale, as another host replaced or moved it a moment ago. */
  isStale(directory: Directory, name: string): boolean {
    const { staleHandles } = this.weaknesses();
    if (staleHandles === 0) return false;
    const change = lastChange(directory, name);
    if (change === undefined || change.by === this.host || this.now() - change.at > 4) return false;
    // Opening the directory cures it.
    if (change.at < (this.#listed.get(directory) ?? -1)) return false;
    return this.random.next() < staleHandles;
  }

  /** How long something goes unseen: mostly not at all. */
  #lag(most: number): number {
    return most === 0 || this.random.next() < 0.5 ? 0 : most * this.random.next();
  }
}

function lastChange(directory: Directory, name: string): Change | undefined {
  return directory.changes.findLast((change) => change.name === name);
}
