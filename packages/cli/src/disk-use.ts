import { lstat } from 'node:fs/promises';
import { type Filesystem, isMissing } from '@galapagos/population';

/** What is, or would be, given back to the disk. */
export interface DiskUse {
  bytes: number;
  inodes: number;
}

/** A filesystem that notes in `freed` what deleting gives back: of a file with several names, the last one does. */
export function countingFreed(filesystem: Filesystem, freed: DiskUse): Filesystem {
  return {
    ...filesystem,
    unlink: async (file) => {
      const stat = await lstat(file).catch(unlessMissing);
      await filesystem.unlink(file);
      if (stat?.nlink !== 1) return;
      freed.bytes += stat.size;
      freed.inodes++;
    },
    removeDirectory: async (directory) => {
      await filesystem.removeDirectory(directory);
      freed.inodes++;
    },
  };
}

/** What deleting all of these paths would give back. */
export async function wouldFree(filesystem: Filesystem, paths: readonly string[]): Promise<DiskUse> {
  const freed: DiskUse = { bytes: 0, inodes: 0 };
  const namesLeft = new Map<number, number>();
  const walk = async (path: string): Promise<void> => {
    const stat = await lstat(path).catch(unlessMissing);
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      const names = await filesystem.list(path).catch(unlessMissing);
      for (const name of names ?? []) await walk(`${path}/${name}`);
      freed.inodes++;
      return;
    }
    const left = (namesLeft.get(stat.ino) ?? stat.nlink) - 1;
    namesLeft.set(stat.ino, left);
    if (left !== 0) return;
    freed.bytes += stat.size;
    freed.inodes++;
  };
  for (const path of paths) await walk(path);
  return freed;
}

/** What moved or went meanwhile is no error. */
export function unlessMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}
