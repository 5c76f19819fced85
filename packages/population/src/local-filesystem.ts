import fs from 'node:fs';
import { promisify } from 'node:util';
import type { Filesystem } from './filesystem.js';
import type { MountFilesystem } from './mount/mount-filesystem.js';
import {
  LONGEST_READ,
  READING,
  SYNCING,
  allOf,
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

  write: (file, data) => now(() => withFile(file, writing('w'), (descriptor) => put(file, descriptor, data))),
  append: (file, data) => putOnDisk(file, writing('a'), data),
  create: (file, data) => putOnDisk(file, 'wx', data),
  makeDirectory: (directory) => now(() => fs.mkdirSync(directory)),
  rename: (from, to) => now(() => fs.renameSync(from, to)),
  link: (from, to) => now(() => fs.linkSync(from, to)),

  copy: (from, to) => nodeFilesystem.copy(from, to),

  unlink: (file) => now(() => fs.unlinkSync(file)),
  removeDirectory: (directory) => now(() => fs.rmdirSync(directory)),
  kind: (path) => now(() => kindOf(fs.lstatSync(path))),
  measure: (path) => now(() => measured(fs.lstatSync(path))),
  sync,
  space: (path) => nodeFilesystem.space(path),
};

/** The real filesystem, as is best for where a directory lies. */
export async function filesystemAt(directory: string): Promise<Filesystem> {
  try {
    return (await nodeFilesystem.space(directory)).medium === 'network' ? nodeFilesystem : localFilesystem;
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

const fsync = promisify(fs.fsync);

/** For the disk itself one does wait: in threads, so that all of it is one commit of the journal. */
async function sync(paths: readonly string[]): Promise<void> {
  const descriptors: number[] = [];
  try {
    for (const path of paths) descriptors.push(fs.openSync(path, SYNCING));
    await allOf(descriptors.map((descriptor) => fsync(descriptor)));
  } finally {
    for (const descriptor of descriptors) fs.closeSync(descriptor);
  }
}

async function putOnDisk(file: string, flags: string | number, data: string): Promise<void> {
  const descriptor = fs.openSync(file, flags);
  try {
    put(file, descriptor, data);
    await fsync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function put(file: string, descriptor: number, data: string | Uint8Array): void {
  requireShortFile(file, fs.fstatSync(descriptor));
  fs.writeFileSync(descriptor, data);
}

function withFile<T>(path: string, flags: string | number, use: (descriptor: number) => T): T {
  const descriptor = fs.openSync(path, flags);
  try {
    return use(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
