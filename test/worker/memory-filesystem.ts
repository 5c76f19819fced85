import type { Filesystem } from '@galapagos/population';
import { Disk } from '../simulation/disk.js';
import { filesystemOf } from '../simulation/memory-filesystem.js';

/**
 * A filesystem in memory: renames are atomic, nothing is slow, nothing fails by itself. Now and then an operation
 * takes a turn of the event loop, as a real one does, so that timers run too.
 */
export function memoryFilesystem(): Filesystem {
  let count = 0;
  const wrapped = Object.entries(filesystemOf(new Disk())).map(([name, operate]) => [
    name,
    async (...args: unknown[]): Promise<unknown> => {
      if (++count % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
      return await (operate as (...args: unknown[]) => Promise<unknown>)(...args);
    },
  ]);
  return Object.fromEntries(wrapped) as Filesystem;
}
