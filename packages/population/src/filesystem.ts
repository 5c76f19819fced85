/** What a name is. */
export type Kind = 'file' | 'directory' | 'other';

/** A disk of this machine, its memory (tmpfs), or a server's. */
export type Medium = 'disk' | 'memory' | 'network';

/**
 * The operations that the population needs of a filesystem. They reject with errors as Node's do (`code`, `errno`),
 * so that the same protocol runs over a directory, a fault injector and a simulation.
 */
export interface Filesystem {
  /** The names in a directory, in no order; no snapshot while others rename in it. */
  list(directory: string): Promise<string[]>;
  /** The bytes of a file; rejects with EFBIG when it is longer than `limit` bytes. */
  read(file: string, limit?: number): Promise<Uint8Array>;
  /** Up to `length` bytes of a file from `start` on; fewer where it ends. */
  readPart(file: string, start: number, length: number): Promise<Uint8Array>;
  /** Creates or replaces the contents of a file, in place. On disk only after `sync`. */
  write(file: string, data: string | Uint8Array): Promise<void>;
  /** Adds to the end of a file, and has it on disk before it resolves. */
  append(file: string, data: string): Promise<void>;
  /** Creates a file that must not exist (EEXIST); only where hard links cannot be made. */
  create(file: string, data: string): Promise<void>;
  /** Creates a directory that must not exist (EEXIST) in one that must (ENOENT). */
  makeDirectory(directory: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  /** Copies a file, and has the copy on disk before it resolves. */
  copy(from: string, to: string): Promise<void>;
  unlink(file: string): Promise<void>;
  removeDirectory(directory: string): Promise<void>;
  /** What a name is, symbolic links not followed. */
  kind(path: string): Promise<Kind>;
  /** What a name takes of the disk (whole blocks), and how many names there are for that; symbolic links not followed. */
  measure(path: string): Promise<{ kind: Kind; bytes: number; names: number }>;
  /**
   * Has the contents of files, and the names in directories, on disk before it resolves. All at once: a journal writes
   * them in one commit, where one after the other each would wait for its own.
   */
  sync(paths: readonly string[]): Promise<void>;
  /** Free bytes and inodes, and where they are. */
  space(path: string): Promise<{ bytes: number; inodes: number; medium: Medium }>;
}
