import type { Filesystem } from '@galapagos/population';
import type { Disk } from './disk.js';
import { type View, truth } from './disk.js';
import { Directory, type Inode, failure } from './inodes.js';

/** A filesystem in memory as one process alone sees it: at once, and without a weakness. */
export function filesystemOf(disk: Disk, view: View = truth): Filesystem {
  const write = (path: string, data: string | Uint8Array, how: 'truncate' | 'append' | 'exclusive') => {
    const file = disk.open(path, view, how);
    disk.extend(file, bytesOf(data), view, path);
    return file;
  };
  return asynchronous({
    list: (path) => [...disk.list(path, view).entries.keys()],
    read: (path, limit = Infinity) => {
      const { data } = disk.file(path, view);
      if (data.length > limit) throw failure('EFBIG', path);
      return data;
    },
    readPart: (path, start, length) => disk.file(path, view).data.slice(start, start + length),
    write: (path, data) => void write(path, data, 'truncate'),
    append: (path, data) => disk.sync(write(path, data, 'append')),
    create: (path, data) => disk.sync(write(path, data, 'exclusive')),
    makeDirectory: (path) => disk.makeDirectory(path, view),
    rename: (from, to) => disk.rename(from, to, view),
    link: (from, to) => disk.link(from, to, view),
    copy: (from, to) => disk.sync(write(to, disk.file(from, view).data, 'truncate')),
    unlink: (path) => disk.unlink(path, view),
    removeDirectory: (path) => disk.removeDirectory(path, view),
    kind: (path) => (disk.find(path, view) instanceof Directory ? 'directory' : 'file'),
    measure: (path) => measured(disk.find(path, view)),
    sync: (paths) => paths.forEach((path) => disk.sync(disk.find(path, view))),
    space: () => ({
      bytes: disk.capacity.bytes - disk.used.bytes,
      inodes: disk.capacity.inodes - disk.used.inodes,
      medium: 'memory' as const,
    }),
  });
}

/** Nothing but the contents takes room: what a block is, is the disk's affair. */
export function measured(inode: Inode): Awaited<ReturnType<Filesystem['measure']>> {
  return inode instanceof Directory
    ? { kind: 'directory', bytes: 0, names: 1 }
    : { kind: 'file', bytes: inode.data.length, names: Math.max(1, inode.links) };
}

type Synchronous = {
  [Name in keyof Filesystem]: (
    ...args: Parameters<Filesystem[Name]>
  ) => Awaited<ReturnType<Filesystem[Name]>>;
};

function asynchronous(operations: Synchronous): Filesystem {
  const wrapped = Object.entries(operations).map(([name, operate]) => [
    name,
    // eslint-disable-next-line @typescript-eslint/require-await -- so that it rejects, and never throws
    async (...args: unknown[]): Promise<unknown> => (operate as (...args: unknown[]) => unknown)(...args),
  ]);
  return Object.fromEntries(wrapped) as Filesystem;
}

export function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? new TextEncoder().encode(data) : data;
}
