import fs from 'node:fs';
import type { Filesystem } from './filesystem.js';
import type { MountFilesystem } from './mount/mount-filesystem.js';
import {
  LONGEST_READ,
  READING,
  kindOf,
  measured,
  nodeFilesystem,
  requireShortFile,
  writing,
} from './node-filesystem.js';

/** Calls after which whatever else waits in this process gets its turn: a beat, a signal, a message. */
const BREATH = 32;

/**
 * The real filesystem where it is a disk of this machine: what it does takes microseconds, of which handing it to
 * another thread would take most. It answers when it has answered; on a mount that may hang, nothing else would go on.
 */
export const localFilesystem: Filesystem = {
  list: (directory) => now(() => fs.readdirSync(directory)),

  read: (file, limit) =>
    now(() =>
      withFile(file, READING, (descriptor) => {
        requireShortFile(file, fs.fstatSync(descriptor), limit ?? LONGEST_READ);
        return fs.readFileSync(descriptor);
      }),
    ),

  readPart: (file, start, length) =>
    now(() =>
      withFile(file, READING, (descriptor) => {
        requireShortFile(file, fs.fstatSync(descriptor));
        const buffer = Buffer.allocUnsafe(length);
        return buffer.subarray(0, fs.readSync(descriptor, buffer, 0, length, start));
      }),
    ),

  write: async (file, data, { sync }) => {
    // The disk takes its time: then a turn of the others is nothing.
    if (sync) await breathe();
    await now(() => put(file, writing('w'), data, sync));
  },
  append: (file, data) => now(() => put(file, writing('a'), data, true)),
  create: (file, data) => now(() => put(file, 'wx', data, true)),
  makeDirectory: (directory) => now(() => fs.mkdirSync(directory)),
  rename: (from, to) => now(() => fs.renameSync(from, to)),
  link: (from, to) => now(() => fs.linkSync(from, to)),

  copy: (from, to) =>
    now(() => {
      fs.copyFileSync(from, to);
      withFile(to, 'r+', fs.fsyncSync);
    }),

  unlink: (file) => now(() => fs.unlinkSync(file)),
  removeDirectory: (directory) => now(() => fs.rmdirSync(directory)),
  kind: (path) => now(() => kindOf(fs.lstatSync(path))),
  measure: (path) => now(() => measured(fs.lstatSync(path))),
  syncDirectory: (directory) => now(() => withFile(directory, 'r', fs.fsyncSync)),
  space: (path) => nodeFilesystem.space(path),
};

/** The real filesystem, as is best for where a directory lies. */
export async function filesystemAt(directory: string): Promise<Filesystem> {
  try {
    return (await nodeFilesystem.space(directory)).local ? localFilesystem : nodeFilesystem;
  } catch {
    // Whoever uses it is told what is wrong with the directory.
    return nodeFilesystem;
  }
}

/** The same, for examining it. */
export async function mountAt(directory: string): Promise<MountFilesystem> {
  const modifiedAt = async (file: string) => (await fs.promises.stat(file)).mtimeMs / 1000;
  return { ...(await filesystemAt(directory)), modifiedAt };
}

let calls = 0;

async function now<T>(act: () => T): Promise<T> {
  if (++calls % BREATH === 0) await breathe();
  return act();
}

async function breathe(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function put(file: string, flags: string | number, data: string | Uint8Array, sync: boolean): void {
  withFile(file, flags, (descriptor) => {
    requireShortFile(file, fs.fstatSync(descriptor));
    fs.writeFileSync(descriptor, data);
    if (sync) fs.fsyncSync(descriptor);
  });
}

function withFile<T>(path: string, flags: string | number, use: (descriptor: number) => T): T {
  const descriptor = fs.openSync(path, flags);
  try {
    return use(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
