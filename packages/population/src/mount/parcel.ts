import { ifPresent } from '../filesystem-errors.js';
import type { Filesystem } from '../filesystem.js';

/** Long enough to take more than one block of a disk. */
const LENGTH = 6000;
const FILES = ['dna', 'weights'];

/** Makes a directory with files in it whose contents say whose they are. */
export async function makeParcel(filesystem: Filesystem, path: string, owner: string): Promise<void> {
  await filesystem.makeDirectory(path);
  for (const file of FILES) await filesystem.write(`${path}/${file}`, contentOf(owner));
}

/** Whether a directory is there with all that its owner has put into it, and nothing else. */
export async function isWhole(filesystem: Filesystem, path: string, owner: string): Promise<boolean> {
  const names = await ifPresent(filesystem.list(path));
  if (names === undefined || names.toSorted().join() !== FILES.join()) return false;
  for (const file of FILES) {
    const data = await ifPresent(filesystem.read(`${path}/${file}`));
    if (new TextDecoder().decode(data) !== contentOf(owner)) return false;
  }
  return true;
}

function contentOf(owner: string): string {
  return `${owner}\n`.padEnd(LENGTH, '.');
}
