import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from './cache.js';

const DAY_MS = 24 * 3600 * 1000;

/**
 * A folder for what is not finished yet, beside where it will be.
 *
 * @param prefix the path that its name begins with
 * @returns It goes by `remove`, or with the process, unless that is killed.
 */
export function makeAside(prefix: string): { folder: string; remove(): void } {
  const folder = mkdtempSync(prefix);
  const removeNow = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeNow);
  const remove = () => {
    process.off('exit', removeNow);
    removeNow();
  };
  return { folder, remove };
}

/**
 * Removes the folders of processes that were killed: those into which nothing was put for a day before our own was made,
 * by the clock of the filesystem.
 */
export function removeLeftAsides(prefix: string, own: string): void {
  const { mtimeMs } = statSync(own);
  const directory = dirname(prefix);
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(basename(prefix))) continue;
    const path = join(directory, name);
    try {
      if (mtimeMs - statSync(path).mtimeMs >= DAY_MS) rmSync(path, { recursive: true, force: true });
    } catch (error) {
      // Another user's, or another process removes it in this moment.
      if (!isSystemError(error)) throw error;
    }
  }
}
