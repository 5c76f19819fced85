import type { FileHandle } from 'node:fs/promises';
import { withFile } from './last-lines.js';

/** Bytes that are read at once; a line that is as long is none of a log, and left out. */
const PART = 2 ** 20;

/** What is written to a file from now on. Goes on from the beginning where the file is another, or was cut. */
export class Tail {
  /** Whether it stands within a line of which the beginning was left out. */
  #isWithin = false;
  #offset: number;
  #inode: number | undefined;

  /** @param older Where the file goes when it is full. */
  constructor(
    private readonly path: string,
    { end, inode }: { readonly end: number; readonly inode: number | undefined },
    private readonly older?: string,
  ) {
    this.#offset = end;
    this.#inode = inode;
  }

  /** The whole lines that have come since. */
  async read(): Promise<string[]> {
    const lines = await withFile(this.path, async (file) => {
      const { size, ino } = await file.stat();
      const rest = (this.#inode ?? ino) === ino ? [] : await this.#restOfOlder();
      if (size < this.#offset || (this.#inode ?? ino) !== ino) this.#begin();
      this.#inode = ino;
      return [...rest, ...(await this.#readOn(file, size))];
    });
    return (lines ?? []).filter((line) => line !== '');
  }

  async #restOfOlder(): Promise<string[]> {
    if (this.older === undefined) return [];
    const lines = await withFile(this.older, async (file) => {
      const { size, ino } = await file.stat();
      return ino === this.#inode ? await this.#readOn(file, size) : [];
    });
    return lines ?? [];
  }

  #begin(): void {
    this.#offset = 0;
    this.#isWithin = false;
  }

  async #readOn(file: FileHandle, size: number): Promise<string[]> {
    const part = Buffer.alloc(Math.max(0, Math.min(size - this.#offset, PART)));
    const { bytesRead } = await file.read(part, 0, part.length, this.#offset);
    return this.#linesOf(part.subarray(0, bytesRead));
  }

  #linesOf(data: Buffer): string[] {
    const end = data.lastIndexOf(0x0a) + 1;
    if (end === 0 && data.length === PART) {
      this.#isWithin = true;
      this.#offset += PART;
      return [];
    }
    this.#offset += end;
    const lines = data.subarray(0, end).toString().split('\n');
    if (this.#isWithin && end > 0) {
      this.#isWithin = false;
      return lines.slice(1);
    }
    return lines;
  }
}
