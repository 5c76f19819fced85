import type { Filesystem } from '../filesystem.js';

/** What the population needs of a filesystem, and what only an examination of it asks besides. */
export interface MountFilesystem extends Filesystem {
  /** When a file was last written, by the clock of whoever keeps it: seconds since 1970. */
  modifiedAt(file: string): Promise<number>;
}
