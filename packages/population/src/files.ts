import { createHash } from 'node:crypto';
import { type Random, integer } from '@galapagos/dna';
import { PopulationError } from './errors.js';
import { errorCode, ifPresent, isMissing, isOutOfPlace, isRefusal, unfit } from './filesystem-errors.js';
import type { Filesystem } from './filesystem.js';

/**
 * The bytes of a file, or undefined where it is not there.
 * @throws PopulationError `INVALID` when it is no regular file or far too long, `UNFIT` when it cannot be read.
 */
export async function readIfPresent(
  filesystem: Filesystem,
  file: string,
  limit?: number,
): Promise<Uint8Array | undefined> {
  return await readExplained(filesystem, file, () => filesystem.read(file, limit));
}

/**
 * As {@link readIfPresent}, of a part of a file that may be longer than memory: up to `length` bytes from `start` on,
 * fewer only where it ends.
 */
export async function readPartIfPresent(
  filesystem: Filesystem,
  file: string,
  start: number,
  length: number,
): Promise<Uint8Array | undefined> {
  return await readExplained(filesystem, file, () => filesystem.readPart(file, start, length));
}

/** Bytes that are hashed at once. */
const PART = 4 * 2 ** 20;

/**
 * The SHA-256 of a file, in hexadecimal digits, whatever its length; undefined where there is no such file, or
 * something else in its place.
 */
export async function hashIfPresent(filesystem: Filesystem, file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for (let start = 0; ;) {
      const part = await readPartIfPresent(filesystem, file, start, PART);
      if (part === undefined) return undefined;
      if (part.length === 0) return hash.digest('hex');
      hash.update(part);
      start += part.length;
    }
  } catch (error) {
    if (error instanceof PopulationError && error.code === 'INVALID') return undefined;
    throw error;
  }
}

async function readExplained(
  filesystem: Filesystem,
  file: string,
  read: () => Promise<Uint8Array>,
): Promise<Uint8Array | undefined> {
  try {
    return await lookFresh(filesystem, file, read);
  } catch (error) {
    if (isMissing(error)) return undefined;
    // A symbolic link, a directory, a pipe; or not what a worker would have written.
    if (isOutOfPlace(error))
      throw new PopulationError('INVALID', `${file}: ${String(error)}`, { cause: error });
    throw unfit(file, error);
  }
}

/** NFS answers ESTALE for a while where something was replaced; opening the directory that it lies in once cures that. */
export async function lookFresh<T>(filesystem: Filesystem, path: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (errorCode(error) !== 'ESTALE') throw error;
    await ifPresent(filesystem.list(parent(path)));
    return await look();
  }
}

/**
 * The names in a directory that nobody ever moves or removes; undefined where it is not there all the same. ESTALE says
 * nothing of that: it passes.
 * @throws PopulationError `UNFIT` when the filesystem does not say.
 */
export async function listFixed(filesystem: Filesystem, directory: string): Promise<string[] | undefined> {
  try {
    return await lookFresh(filesystem, directory, () => filesystem.list(directory));
  } catch (error) {
    if (isMissing(error) && errorCode(error) !== 'ESTALE') return undefined;
    throw unfit(directory, error);
  }
}

/**
 * Removes a directory and all in it; symbolic links are removed, never followed. What is gone already is fine, and
 * so is what came in meanwhile, by one who still writes through an old path: it stays for the next time.
 */
export async function removeTree(filesystem: Filesystem, path: string): Promise<void> {
  try {
    const kind = await filesystem.kind(path);
    if (kind !== 'directory') return await filesystem.unlink(path);
    for (const name of await filesystem.list(path)) await removeEntry(filesystem, `${path}/${name}`);
    await filesystem.removeDirectory(path);
  } catch (error) {
    if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw unfit(path, error);
  }
}

/** Most of what lies in a directory is a file, which goes without a look at it; a link does too, not what it leads to. */
async function removeEntry(filesystem: Filesystem, path: string): Promise<void> {
  try {
    await filesystem.unlink(path);
  } catch (error) {
    // Of a directory Linux says EISDIR, others EPERM.
    if (isMissing(error)) return;
    if (!['EISDIR', 'EPERM'].includes(errorCode(error))) throw error;
    await removeTree(filesystem, path);
  }
}

/**
 * Puts a complete file under a name that nobody has taken: written aside, then linked, so that it appears at once
 * and one of several writers wins. Where there are no hard links it is created exclusively.
 * @returns Whether the file is there, by us.
 */
export async function linkIfAbsent(
  filesystem: Filesystem,
  file: string,
  data: string,
  random: Random,
): Promise<boolean> {
  const aside = `${file}.${integer(random, 2 ** 48).toString(36)}.new`;
  try {
    await filesystem.write(aside, data);
    await filesystem.sync([aside]);
    await linkOrCreate(filesystem, aside, file, data);
    await filesystem.sync([parent(file)]);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw unfit(file, error);
    // A server that repeats what it has done already says EEXIST too: then it is ours to the last byte.
    return await holds(filesystem, file, data);
  } finally {
    await removeAside(filesystem, aside);
  }
}

async function holds(filesystem: Filesystem, file: string, data: string): Promise<boolean> {
  try {
    return new TextDecoder().decode(await readIfPresent(filesystem, file, 2 * data.length + 100)) === data;
  } catch (error) {
    if (error instanceof PopulationError && error.code === 'INVALID') return false;
    throw error;
  }
}

async function removeAside(filesystem: Filesystem, aside: string): Promise<void> {
  try {
    await ifPresent(filesystem.unlink(aside));
  } catch (error) {
    // Where nothing may be removed nothing could be written either, and that error is already on its way.
    if (!isRefusal(error)) throw error;
  }
}

async function linkOrCreate(filesystem: Filesystem, from: string, to: string, data: string): Promise<void> {
  try {
    await filesystem.link(from, to);
  } catch (error) {
    if (!isWithoutLinks(error)) throw error;
    await filesystem.create(to, data);
  }
}

/** Whether there is a file: no link, no directory, nothing that waits for who writes into it. */
export async function isFile(filesystem: Filesystem, path: string): Promise<boolean> {
  return (await ifPresent(lookFresh(filesystem, path, () => filesystem.kind(path)))) === 'file';
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
  try {
    await writeAndRename(filesystem, file, data);
  } catch (error) {
    if (isRefusal(error)) throw unfit(file, error);
    // The rename may have happened all the same; doing it once more does no harm.
    await writeAndRename(filesystem, file, data).catch((again: unknown) => {
      throw unfit(file, again);
    });
  }
}

async function writeAndRename(filesystem: Filesystem, file: string, data: string): Promise<void> {
  const aside = `${file}.new`;
  await filesystem.write(aside, data);
  await filesystem.rename(aside, file);
}

/**
 * Makes a directory under a name that nobody else gives, and we only once: if it is there already, a server has
 * repeated what it had done.
 * @returns Whether it is for certain a new one: what is there may also be what somebody has put there.
 */
export async function makeOwnDirectory(filesystem: Filesystem, directory: string): Promise<boolean> {
  try {
    await filesystem.makeDirectory(directory);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** The directory that a path lies in. */
export function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
