import { type Stats, constants, promises as fs } from 'node:fs';
import type { Filesystem, Kind } from './filesystem.js';

/** Magic numbers of statfs(2) that mean a disk of this machine: ext, xfs, btrfs, overlay, zfs, f2fs, apfs. */
const DISKS = new Set([0xef53, 0x58465342, 0x9123683e, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0x1a]);
/** And its memory: tmpfs, ramfs. */
const MEMORY = new Set([0x01021994, 0x858458f6]);

/** The real filesystem, by threads that wait for it: it may hang, on a network mount, and all else goes on. */
export const nodeFilesystem: Filesystem = {
  list: (directory) => fs.readdir(directory),

  // Not fs.readFile: it leaks the descriptor when fstat answers ESTALE (Node 20).
  read: (file, limit) =>
    withFile(file, READING, async (handle) => {
      requireShortFile(file, await handle.stat(), limit ?? LONGEST_READ);
      return await handle.readFile();
    }),

  readPart: (file, start, length) =>
    withFile(file, READING, async (handle) => {
      requireShortFile(file, await handle.stat());
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, start);
      return buffer.subarray(0, bytesRead);
    }),

  write: (file, data) =>
    withWritten(file, 'w', async (handle) => {
      requireShortFile(file, await handle.stat());
      await handle.writeFile(data);
    }),

  append: (file, data) =>
    withWritten(file, 'a', async (handle) => {
      requireShortFile(file, await handle.stat());
      await handle.writeFile(data);
      await handle.sync();
    }),

  create: (file, data) =>
    withFile(file, 'wx', async (handle) => {
      await handle.writeFile(data);
      await handle.sync();
    }),

  makeDirectory: (directory) => fs.mkdir(directory),
  rename: (from, to) => fs.rename(from, to),
  link: (from, to) => fs.link(from, to),

  copy: async (from, to) => {
    await fs.copyFile(from, to);
    await withFile(to, 'r+', (handle) => handle.sync());
  },

  unlink: (file) => fs.unlink(file),
  removeDirectory: (directory) => fs.rmdir(directory),

  kind: async (path) => kindOf(await fs.lstat(path)),
  measure: async (path) => measured(await fs.lstat(path)),

  sync: (paths) => allOf(paths.map((path) => withFile(path, SYNCING, (handle) => handle.sync()))),

  space: async (path) => {
    const { bavail, bsize, ffree, files, type } = await fs.statfs(path);
    // Filesystems without a fixed number of inodes, as btrfs, say 0 of 0.
    const medium = DISKS.has(type) ? 'disk' : MEMORY.has(type) ? 'memory' : 'network';
    return { bytes: bavail * bsize, inodes: files === 0 ? Infinity : ffree, medium };
  },
};

/** The most that Node reads at once. */
export const LONGEST_READ = 2 ** 31 - 1;

/** Flags for reading: through no symbolic link, and not waiting for the other end of a pipe. */
export const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Flags for having something on disk: the directory that an experiment lies in may be a link. */
export const SYNCING = constants.O_RDONLY | constants.O_NONBLOCK;

/** Flags for writing: as fopen's, but through no symbolic link, and not waiting for who reads from a pipe. */
export function writing(mode: 'w' | 'a'): number {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  return O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (mode === 'w' ? O_TRUNC : O_APPEND);
}

/** Waits for all, also where one fails: nothing of it goes on afterwards. */
export async function allOf(acts: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(acts))
    if (outcome.status === 'rejected') throw outcome.reason;
}

/** MooseFS may say EEXIST of what it has just made for us, where its server went away meanwhile: asked again it opens. */
async function withWritten(
  file: string,
  mode: 'w' | 'a',
  use: (handle: fs.FileHandle) => Promise<void>,
): Promise<void> {
  try {
    await withFile(file, writing(mode), use);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' || syscall !== 'open') throw error;
    await withFile(file, writing(mode), use);
  }
}

async function withFile<T>(
  path: string,
  flags: string | number,
  use: (handle: fs.FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await fs.open(path, flags);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** Rejects what is no regular file, or too long. */
export function requireShortFile(file: string, stat: Stats, limit = Infinity): void {
  if (!stat.isFile()) throw failure('EINVAL', `not a regular file: ${file}`);
  if (stat.size > limit) throw failure('EFBIG', `${stat.size} bytes, at most ${limit} expected: ${file}`);
}

/** Bytes are those of whole blocks, of 512 bytes whatever the filesystem's are; a directory has one name. */
export function measured(stat: Stats): Awaited<ReturnType<Filesystem['measure']>> {
  const kind = kindOf(stat);
  return { kind, bytes: stat.blocks * 512, names: kind === 'directory' ? 1 : Math.max(1, stat.nlink) };
}

export function kindOf(stat: Stats): Kind {
  return stat.isDirectory() ? 'directory' : stat.isFile() ? 'file' : 'other';
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
