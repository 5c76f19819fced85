import { PopulationError } from './errors.js';

/** What a filesystem says where something lies that is no file: a link, a directory, a pipe; or far too much. */
const OUT_OF_PLACE = ['ELOOP', 'EISDIR', 'EINVAL', 'ENXIO', 'EFBIG'];

/** Errors to which Node gives no name: their code is `Unknown system error -116`. */
const nameless: Readonly<Record<number, string>> = { [-116]: 'ESTALE', [-122]: 'EDQUOT' };

/** What several users of one directory need. */
const SHARED =
  '; where several share it, each works with umask 002, in a directory of their group (chmod g+rws)';

/** What a filesystem's refusal means for a person. Waiting does not help against these. */
const refusals: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the quota is used up: free some space',
  EROFS: 'the directory is read-only: mount it writable',
  EACCES: `permission denied: give this user the right to read and write there${SHARED}`,
  EPERM: `not permitted: give this user the right to read and write there${SHARED}`,
  ENAMETOOLONG: 'the name is too long',
};

/** What a network mount says that fails for a while, or a machine that is short of something: waiting helps. */
const passing = [
  'EIO',
  'ESTALE',
  'ETIMEDOUT',
  'ENOTCONN',
  'ECONNRESET',
  'EAGAIN',
  'EBUSY',
  'EMFILE',
  'ENFILE',
  // MooseFS, of a file that was open as its server went away.
  'EBADF',
];

/** The code of a filesystem error, `''` for anything else. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || error instanceof PopulationError) return '';
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  // A pipe says so as it is opened; MooseFS, of a file that was open as its server went away, as it is closed.
  if (code === 'ENXIO' && syscall !== 'open') return 'EIO';
  return nameless[errno ?? 0] ?? code ?? '';
}

/** Whether an operation failed because a name, or a directory on the way to it, is not there (any more). */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ESTALE', 'ENOTDIR'].includes(errorCode(error));
}

/** Whether an operation failed because of what lies under the name: nothing that a worker has put there. */
export function isOutOfPlace(error: unknown): boolean {
  return OUT_OF_PLACE.includes(errorCode(error));
}

/** Whether the filesystem refused for good: full, read-only, forbidden. Then nothing has happened. */
export function isRefusal(error: unknown): boolean {
  return errorCode(error) in refusals;
}

/** Whether there is no room, in the filesystem's words or in ours: nothing has happened, and it works once there is. */
export function isFull(error: unknown): boolean {
  const cause = error instanceof PopulationError ? error.cause : error;
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(cause));
}

/** Of an error that {@link isFull}: what a person can do. */
export function fullInWords(error: unknown): string {
  return error instanceof PopulationError ? error.message : (refusals[errorCode(error)] ?? String(error));
}

/** Whether a filesystem failed in a way that passes: then a launcher is to start the worker again. */
export function isPassing(error: unknown): boolean {
  return passing.includes(errorCode(error));
}

/** The value of a promise, or undefined where what it needs is not there. */
export async function ifPresent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A filesystem's error as a person needs it; what is none, or has been explained already, stays what it is. */
export function unfit(path: string, error: unknown): Error {
  const code = errorCode(error);
  if (code === '') return error instanceof Error ? error : new Error(String(error));
  if (isOutOfPlace(error))
    return new PopulationError('INVALID', `${path}: something else is in its place: ${String(error)}`, {
      cause: error,
    });
  return new PopulationError('UNFIT', `${path}: ${refusals[code] ?? String(error)}`, { cause: error });
}
