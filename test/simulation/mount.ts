import { type Random, integer } from '@galapagos/dna';
import type { Filesystem } from '@galapagos/population';
import type { ClientCache } from './client-cache.js';
import type { Disk } from './disk.js';
import { Directory, type File, type Inode, failure } from './inodes.js';
import type { VirtualProcess } from './machines.js';
import { measured, bytesOf } from './memory-filesystem.js';
import type { Weaknesses } from './weaknesses.js';

/** An operation that was carried out, for those who watch. */
export interface Performed {
  readonly process: VirtualProcess;
  readonly operation: keyof Filesystem;
  readonly paths: readonly string[];
  /** `done`; `begun` where more is to come; `late` where it was answered long ago; else the code of its error. */
  readonly outcome: string;
  /** Of a rename: whether it has happened, and by this process, before it is answered. */
  readonly hasMoved?: boolean;
}

/** What a mount stands on. */
export interface Server {
  readonly disk: Disk;
  readonly random: Random;
  /** They may change while it runs. */
  readonly weaknesses: Weaknesses;
  readonly time: { readonly now: number; after(seconds: number, act: () => void): void };
  /** Before an operation is sent. */
  readonly onAsked?: (process: VirtualProcess, operation: keyof Filesystem, path: string) => void;
  readonly onPerformed: (performed: Performed) => void;
}

/** What a client says when it does not know whether its rename happened. */
const UNKNOWN = ['ENOTCONN', 'EIO', 'ETIMEDOUT'];
/** A server that comes back may know nothing of a directory yet, and do later what it was asked before. */
const LATE = [...UNKNOWN, 'ESTALE'];
/** The server has done it already when the request comes a second time. */
const REPEATED = 'ENOENT';

/**
 * The filesystem as one process on one host sees it. Each operation is a request that travels, arrives, is carried
 * out and answered; at each of these instants others may be faster, the host cut off, the process killed.
 */
export function mount(server: Server, process: VirtualProcess, cache: ClientCache): Filesystem {
  const { disk, random } = server;

  const latency = (): number => {
    const { latency, hanging, hang } = server.weaknesses;
    if (hanging > 0 && random.next() < hanging) return hang * random.next();
    const [least, most] = latency;
    return least * (most / least) ** random.next();
  };
  const chance = (weakness: number): boolean => weakness > 0 && random.next() < weakness;

  /** Whether the rename that is carried out at this instant has happened. */
  let hasMoved = false;

  /** Sends a request in parts, each of which arrives for itself. What a killed process had sent may still arrive. */
  const ask = async <T>(
    operation: keyof Filesystem,
    paths: readonly string[],
    parts: readonly (() => unknown)[],
    last: (asked: number) => T,
  ): Promise<T> => {
    const asked = server.time.now;
    server.onAsked?.(process, operation, paths[0] ?? '');
    return await new Promise<T>((resolve, reject) => {
      const answer = (settle: () => void, outcome: string) => {
        server.onPerformed({ process, operation, paths, outcome, hasMoved });
        hasMoved = false;
        server.time.after(latency() / 2, () => process.host.overNetwork(() => process.deliver(settle)));
      };
      const arrive = (part: number) => {
        if (process.isForgotten || (process.isGone && (part > 0 || random.next() < 0.5))) return;
        try {
          if (chance(server.weaknesses.failing)) throw failure('EIO', paths[0] ?? '');
          const perform = parts[part];
          if (perform === undefined) {
            const value = last(asked);
            return answer(() => resolve(value), 'done');
          }
          perform();
          server.onPerformed({ process, operation, paths, outcome: 'begun' });
          send(part + 1);
        } catch (error) {
          const cause = error instanceof Error ? error : new Error(String(error));
          answer(() => reject(cause), (error as NodeJS.ErrnoException).code ?? 'error');
        }
      };
      const send = (part: number) =>
        server.time.after(latency(), () => process.host.overNetwork(() => arrive(part)));
      send(0);
    });
  };
  const simple = <T>(operation: keyof Filesystem, path: string, last: () => T): Promise<T> =>
    ask(operation, [path], [], last);

  /** Opens, writes, and syncs; where it tears, each for itself. */
  const write = (
    operation: keyof Filesystem,
    path: string,
    data: string | Uint8Array,
    how: 'truncate' | 'append' | 'exclusive',
    sync: boolean,
  ): Promise<void> => {
    const bytes = bytesOf(data);
    let file: File | undefined;
    const open = () => {
      file = disk.open(path, cache, how);
      cache.forget(path);
    };
    const extend = (part: Uint8Array) => {
      if (file !== undefined) disk.extend(file, part, cache, path);
    };
    const end = () => {
      if (file !== undefined && sync) disk.sync(file);
    };
    if (!chance(server.weaknesses.tearing)) {
      return ask(operation, [path], [], () => {
        open();
        extend(bytes);
        end();
      });
    }
    const cut = integer(random, bytes.length + 1);
    const halves = [() => extend(bytes.subarray(0, cut)), () => extend(bytes.subarray(cut))];
    return ask(operation, [path], [open, ...halves], end);
  };

  const rename = (from: string, to: string): void => {
    const { lostAnswers, lateRenames, twoWinners, unreachable } = server.weaknesses;
    const perform = () => {
      const { directory, name } = disk.place(from, cache);
      const inode = directory.entries.get(name);
      disk.rename(from, to, cache);
      if (inode instanceof Directory) inode.isUnreachable = false;
      cache.forget(from);
      cache.forget(to);
    };
    if (chance(lateRenames)) {
      server.time.after(0.001 * 30_000 ** random.next(), () => {
        if (process.isForgotten) return;
        try {
          perform();
          server.onPerformed({ process, operation: 'rename', paths: [from, to], outcome: 'late' });
        } catch {
          // Whom it was about is elsewhere by now.
        }
      });
      throw failure(oneOf(random, LATE), from);
    }
    const { directory, name } = disk.place(from, cache);
    const moved = directory.entries.get(name);
    try {
      perform();
    } catch (error) {
      if (chance(twoWinners) && cameFrom(server, from, to, cache)) return;
      const winners = lastOf(server, from, cache);
      if (winners instanceof Directory && chance(unreachable)) winners.isUnreachable = true;
      throw error;
    }
    hasMoved = true;
    if (!chance(lostAnswers)) return;
    cache.mislead(from, moved);
    cache.mislead(to, undefined);
    throw failure(oneOf(random, [...UNKNOWN, REPEATED]), from);
  };

  const reading = (path: string): File => {
    const { directory, name } = disk.place(path, cache);
    if (cache.isStale(directory, name)) throw failure('ESTALE', path);
    return disk.file(path, cache);
  };

  return {
    list: (path) =>
      ask('list', [path], [], (asked) => {
        const directory = disk.list(path, cache);
        if (cache.isUnreachable(directory)) throw failure('ESTALE', path);
        return cache.names(directory, asked);
      }),
    read: (path, limit = Infinity) =>
      simple('read', path, () => {
        const data = cache.contents(reading(path));
        if (data.length > limit) throw failure('EFBIG', path);
        return data;
      }),
    readPart: (path, start, length) =>
      simple('readPart', path, () => cache.contents(reading(path)).slice(start, start + length)),
    write: (path, data) => write('write', path, data, 'truncate', false),
    append: (path, data) => write('append', path, data, 'append', true),
    create: (path, data) => write('create', path, data, 'exclusive', true),
    makeDirectory: (path) =>
      simple('makeDirectory', path, () => {
        disk.makeDirectory(path, cache);
        cache.forget(path);
      }),
    rename: (from, to) => ask('rename', [from, to], [], () => rename(from, to)),
    link: (from, to) =>
      ask('link', [from, to], [], () => {
        if (chance(server.weaknesses.withoutLinks)) throw failure(oneOf(random, ['EPERM', 'EMLINK']), from);
        disk.link(from, to, cache);
        cache.forget(to);
      }),
    copy: async (from, to) => {
      const data = await simple('copy', from, () => reading(from).data);
      await write('copy', to, data, 'truncate', true);
    },
    unlink: (path) =>
      simple('unlink', path, () => {
        disk.unlink(path, cache);
        cache.forget(path);
      }),
    removeDirectory: (path) =>
      simple('removeDirectory', path, () => {
        disk.removeDirectory(path, cache);
        cache.forget(path);
      }),
    kind: (path) =>
      simple('kind', path, () => {
        const { directory, name } = disk.place(path, cache);
        const last = directory.changes.findLast((change) => change.name === name);
        const inode = cache.kind(path, directory.entries.get(name), last?.by);
        if (inode === undefined) throw failure('ENOENT', path);
        return inode instanceof Directory ? 'directory' : 'file';
      }),
    measure: (path) => simple('measure', path, () => measured(disk.find(path, cache))),
    // Each for itself: the power may be cut between two.
    sync: (paths) =>
      ask(
        'sync',
        paths,
        paths.map((path) => () => disk.sync(disk.find(path, cache))),
        () => undefined,
      ),
    space: (path) =>
      simple('space', path, () => ({
        bytes: disk.capacity.bytes - disk.used.bytes,
        inodes: disk.capacity.inodes - disk.used.inodes,
        medium: 'network' as const,
      })),
  };
}

/** Whether what is at one name was renamed from the other a moment ago. */
function cameFrom(server: Server, from: string, to: string, cache: ClientCache): boolean {
  const inode = lastOf(server, from, cache);
  if (inode === undefined) return false;
  try {
    const { directory, name } = server.disk.place(to, cache);
    return directory.entries.get(name) === inode;
  } catch {
    return false;
  }
}

/** What another has taken from a name at nearly the same time. */
function lastOf({ disk, time }: Server, path: string, cache: ClientCache): Inode | undefined {
  try {
    const { directory, name } = disk.place(path, cache);
    const last = directory.changes.findLast((change) => change.name === name);
    return last?.kind === 'went' && time.now - last.at < 1 ? last.inode : undefined;
  } catch {
    return undefined;
  }
}

function oneOf(random: Random, codes: readonly string[]): string {
  return codes[integer(random, codes.length)] ?? 'EIO';
}
