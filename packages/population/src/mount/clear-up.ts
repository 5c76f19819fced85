import type { Clock } from '../clock.js';
import { removeTree } from '../files.js';
import { ifPresent } from '../filesystem-errors.js';
import { byMany } from './by-many.js';
import type { MountFilesystem } from './mount-filesystem.js';

/** What others have open may stay for a moment, under another name, on NFS. */
export async function clearUp(filesystem: MountFilesystem, clock: Clock, folder: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const names = await ifPresent(filesystem.list(folder));
    if (names === undefined) return;
    for (const name of names) await clear(filesystem, `${folder}/${name}`);
    await removeTree(filesystem, folder);
    if (attempt > 0) await clock.sleep(0.1);
  }
  throw new Error(`${folder}: cannot be removed; do it by hand`);
}

/** Thousands of small things, each of which takes its time on a network mount. */
export async function clear(filesystem: MountFilesystem, path: string): Promise<void> {
  const isDirectory = (await ifPresent(filesystem.kind(path))) === 'directory';
  const names = isDirectory ? ((await ifPresent(filesystem.list(path))) ?? []) : [];
  await byMany(names.length, (index) => removeTree(filesystem, `${path}/${names[index]}`));
  await removeTree(filesystem, path);
}
