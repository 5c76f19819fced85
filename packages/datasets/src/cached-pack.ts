import { linkSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeLeftAsides } from './aside.js';
import { isSystemError } from './cache.js';
import type { Contents, Dataset } from './dataset.js';
import { DatasetError } from './errors.js';
import { PackFile } from './pack-file.js';
import { PACK_EXTENSION } from './pack-format.js';
import { type Provenance, packingPrefix, writePack } from './write-pack.js';

/** The packed data set of this checksum, from the first of the directories that has it intact. */
export function findPack(
  source: string,
  checksum: string,
  directories: readonly string[],
): Dataset | undefined {
  // An experiment's checksum is a text that anybody may have edited, and becomes part of a path.
  if (!/^[0-9a-f]{64}$/.test(checksum)) return undefined;
  for (const directory of directories) {
    const found = openIntact(join(directory, nameOf(source, checksum)), checksum);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Packs a data set into the first of the directories that takes it, and opens it there. Of several processes that do
 * this at once each writes aside, and the first one's file stays.
 *
 * @returns Undefined when none takes it: a cache is never a reason to fail.
 */
export async function keepPack(
  contents: Contents,
  checksum: string,
  provenance: Provenance,
  directories: readonly string[],
): Promise<Dataset | undefined> {
  for (const directory of directories) {
    const path = join(directory, nameOf(contents.name, checksum));
    if (!(await store(directory, path, contents, provenance, checksum))) continue;
    const kept = openIntact(path, checksum);
    if (kept !== undefined) return kept;
  }
  return undefined;
}

function nameOf(source: string, checksum: string): string {
  return `${source}-${checksum.slice(0, 16)}${PACK_EXTENSION}`;
}

async function store(
  directory: string,
  path: string,
  contents: Contents,
  provenance: Provenance,
  checksum: string,
): Promise<boolean> {
  try {
    mkdirSync(directory, { recursive: true });
    await writePack(path, contents, provenance, {
      place: (file) => {
        putInto(path, file, checksum);
        removeLeftAsides(packingPrefix(directory), dirname(file));
      },
    });
    return true;
  } catch (error) {
    // Read-only, full, forbidden: the next directory may take it.
    if (isSystemError(error)) return false;
    throw error;
  }
}

/** An intact file stays: over a network whoever has it open would lose it if another came in its place. */
function putInto(path: string, file: string, checksum: string): void {
  try {
    linkSync(file, path);
    return;
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
  // There is one already, or this filesystem has no links.
  const there = openIntact(path, checksum);
  if (there === undefined) return renameSync(file, path);
  there.close();
}

/** Trusted only after all of it was looked at: others may write to the temporary directory. */
function openIntact(path: string, checksum: string): Dataset | undefined {
  let pack: PackFile | undefined;
  try {
    pack = PackFile.open(path);
    if (pack.header.checksum === checksum) {
      pack.verify();
      return pack.dataset();
    }
  } catch (error) {
    // Not there, spoilt, not ours to read: for a cache all that is the same, it has to be made.
    if (!(error instanceof DatasetError)) throw error;
  }
  pack?.close();
  return undefined;
}
