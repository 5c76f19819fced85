import lockfile from 'proper-lockfile';
import { errorCode, unfit } from './filesystem-errors.js';

/**
 * Does something that is better not done by two at once, unless another is at it.
 * This is politeness, not safety: it compares a remote mtime with the local clock, and a busy holder loses it. Two
 * at once must be harmless.
 * @returns Undefined when another held the lock.
 */
export type Politely = <T>(path: string, work: () => Promise<T>) => Promise<T | undefined>;

/** What a filesystem says of a lock that is a file, a link, or a folder with something in it. */
const NO_LOCK = ['ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'ELOOP'];

/** By a lock directory beside the path (proper-lockfile). */
export const politely: Politely = async (path, work) => {
  let release: () => Promise<void>;
  try {
    // Compromised: somebody thought we were gone. Nothing to undo, as two at once are harmless.
    release = await lockfile.lock(path, { realpath: false, stale: 30_000, onCompromised: () => undefined });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOCKED') return undefined;
    if (wasTakenAway(error)) return undefined;
    // A file, a link, or a folder with something in it: no lock. As two at once are harmless, none is needed.
    if (NO_LOCK.includes(errorCode(error))) return await work();
    throw unfit(path, error);
  }
  try {
    return await work();
  } finally {
    await release().catch((error: unknown) => {
      // Compromised meanwhile, so it is another's now; or something was put into it: then it is none any more.
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!['ENOTACQUIRED', 'ERELEASED', ...NO_LOCK].includes(code)) throw error;
    });
  }
};

/** It was ours, and another took it at once for one that was left: where a clock is far from the file server's, say. */
function wasTakenAway(error: unknown): boolean {
  const isMade = error instanceof Error && 'syscall' in error && error.syscall !== 'mkdir';
  return isMade && ['ENOENT', 'ESTALE'].includes(errorCode(error));
}
