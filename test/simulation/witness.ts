import { Directory, File, type Inode } from './inodes.js';
import type { Disk } from './disk.js';
import { truth } from './disk.js';

/** Reads the truth, as nobody in the simulation can: at once, and without disturbing anything. */
export class Witness {
  constructor(
    private readonly disk: Disk,
    private readonly root: string,
  ) {}

  names(below: string): string[] {
    return [...this.entries(below).keys()];
  }

  entries(below: string): ReadonlyMap<string, Inode> {
    const inode = this.#find(below);
    return inode instanceof Directory ? inode.entries : new Map<string, Inode>();
  }

  /** The same bytes, as long as nothing changes them. */
  bytes(below: string): Uint8Array | undefined {
    const file = this.#find(below);
    return file instanceof File ? file.data : undefined;
  }

  text(below: string): string {
    return new TextDecoder().decode(this.bytes(below));
  }

  json(below: string): Record<string, unknown> | undefined {
    return parsed(this.text(below));
  }

  #find(below: string): Directory | File | undefined {
    try {
      return this.disk.find(`${this.root}/${below}`, truth);
    } catch {
      return undefined;
    }
  }
}

/** A document; undefined where it is torn, or not there. */
export function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
