import { closeSync, constants, fstatSync, openSync, readSync, readdirSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatasetError } from './errors.js';

/** A pipe is opened without waiting for who writes into it; that it cannot be read at a position, it says itself. */
const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK;

/** What to say of a file with which something is wrong. */
export interface Complaints {
  /** The operating system does not hand it over. */
  unreadable(cause: unknown): DatasetError;
  /** It ends before it should. */
  cutShort(expected: string, found: string): DatasetError;
}

/** Opens a file to read it; gives the descriptor, which is for the caller to close. */
export function openToRead(path: string): number {
  return openSync(path, READ_ONLY);
}

/** Writes all of the bytes: at `position`, or where the file has come to. */
export function writeAll(descriptor: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length;) {
    const at = position === undefined ? null : position + done;
    done += writeSync(descriptor, bytes, done, bytes.length - done, at);
  }
}

/** A file that is read by position: exactly what is asked for, or an error. */
export class OpenFile {
  #descriptor: number;
  #openings = 0;

  constructor(
    readonly path: string,
    private readonly complaints: Complaints,
  ) {
    this.#descriptor = this.#explaining(() => openToRead(path));
  }

  get size(): number {
    return this.#asking(() => fstatSync(this.#descriptor)).size;
  }

  /** Is another when somebody has written into the file, or another had to be opened in its place. */
  stamp(): string {
    const { ino, size, mtimeMs, ctimeMs } = this.#asking(() => fstatSync(this.#descriptor));
    return `${this.#openings} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  }

  /** So many bytes at `position`, or as many as there are. */
  upTo(length: number, position: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, this.#fill(bytes, 0, length, position));
  }

  /** So many bytes at `position`, to the place `offset`. */
  read(into: Uint8Array, offset: number, length: number, position: number): void {
    const got = this.#fill(into, offset, length, position);
    if (got < length) {
      throw this.complaints.cutShort(
        `${length} bytes at ${position}`,
        `${got}: it was cut short while in use`,
      );
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #fill(into: Uint8Array, offset: number, length: number, position: number): number {
    let done = 0;
    while (done < length) {
      const got = this.#asking(() =>
        readSync(this.#descriptor, into, offset + done, length - done, position + done),
      );
      if (got === 0) break;
      done += got;
    }
    return done;
  }

  /** NFS loses a file that is open when another host puts one in its place: that one is opened and asked instead. */
  #asking<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      if (!isStale(error)) throw this.complaints.unreadable(error);
      this.#reopen(error);
    }
    return this.#explaining(ask);
  }

  #reopen(stale: unknown): void {
    try {
      // Makes the mount look which file that is now.
      readdirSync(dirname(this.path));
      const descriptor = openToRead(this.path);
      closeSync(this.#descriptor);
      this.#descriptor = descriptor;
      this.#openings++;
    } catch (error) {
      // Where there is none any more, that is for the next process to find, which may be able to make it.
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw this.complaints.unreadable(isGone ? stale : error);
    }
  }

  #explaining<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      throw this.complaints.unreadable(error);
    }
  }
}

/** ESTALE has no name in Node. */
function isStale(error: unknown): boolean {
  const { code, errno } = error as NodeJS.ErrnoException;
  return code === 'ESTALE' || errno === -116;
}
