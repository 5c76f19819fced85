import { type Random, integer } from '@galapagos/dna';

/**
 * The operations that the population needs of a filesystem. They reject with errors as Node's do (`code`, `errno`),
 * so that the same protocol runs over a directory, a fault injector and a simulation.
 */
export interface Filesystem {
  /** The names in a directory, in no order; no snapshot while others rename in it. */
  list(directory: string): Promise<string[]>;
  /** The bytes of a file; rejects with EFBIG when it is longer than `limit` bytes. */
  read(file: string, limit?: number): Promise<Uint8Array>;
  /** Creates or replaces the contents of a file, in place. `sync` has it on disk before it resolves. */
  write(file: string, data: string | Uint8Array, options: { sync: boolean }): Promise<void>;
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
  kind(path: string): Promise<'file' | 'directory' | 'other'>;
  /** Has the names in a directory on disk before it resolves. */
  syncDirectory(directory: string): Promise<void>;
  /** Free bytes and inodes, and whether the mount is one of a local disk. */
  space(path: string): Promise<{ bytes: number; inodes: number; local: boolean }>;
}

/** ESTALE has no name in Node. */
const ESTALE = -116;

/** The code of a filesystem error, `''` for anything else. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code, errno } = error as NodeJS.ErrnoException;
  return errno === ESTALE ? 'ESTALE' : (code ?? '');
}

/** Whether an operation failed because a name, or a directory on the way to it, is not there (any more). */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ESTALE', 'ENOTDIR'].includes(errorCode(error));
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

/** Removes a directory and all in it; symbolic links are removed, never followed. What is gone already is fine. */
export async function removeTree(filesystem: Filesystem, path: string): Promise<void> {
  const kind = await ifPresent(filesystem.kind(path));
  if (kind === undefined) return;
  if (kind !== 'directory') {
    await ifPresent(filesystem.unlink(path));
    return;
  }
  for (const name of (await ifPresent(filesystem.list(path))) ?? [])
    await removeTree(filesystem, `${path}/${name}`);
  await ifPresent(filesystem.removeDirectory(path));
}

/**
 * Puts a complete file under a name that nobody has taken: written aside, then linked, so that it appears at once
 * and one of several writers wins. Where there are no hard links it is created exclusively.
 * @returns Whether the name was free.
 */
export async function linkIfAbsent(
  filesystem: Filesystem,
  file: string,
  data: string,
  random: Random,
): Promise<boolean> {
  const aside = `${file}.${integer(random, 2 ** 48).toString(36)}.new`;
  await filesystem.write(aside, data, { sync: true });
  try {
    await filesystem.link(aside, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (!isWithoutLinks(error)) throw error;
    return await createIfAbsent(filesystem, file, data);
  } finally {
    await ifPresent(filesystem.unlink(aside));
  }
}

async function createIfAbsent(filesystem: Filesystem, file: string, data: string): Promise<boolean> {
  try {
    await filesystem.create(file, data);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Gives a file a second name; a copy where the filesystem cannot link, or has linked it too often. */
export async function linkOrCopy(filesystem: Filesystem, from: string, to: string): Promise<void> {
  try {
    await filesystem.link(from, to);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    if (!isWithoutLinks(error)) throw error;
    await filesystem.copy(from, to);
  }
}

function isWithoutLinks(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(errorCode(error));
}

/** Replaces a file in one step: readers see the old one or the new one, whole. */
export async function replaceFile(filesystem: Filesystem, file: string, data: string): Promise<void> {
  const aside = `${file}.new`;
  await filesystem.write(aside, data, { sync: false });
  await filesystem.rename(aside, file);
}
