import { closeSync, fsync, fsyncSync, openSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makeAside } from './aside.js';
import { writeAll } from './open-file.js';
import type { Contents } from './dataset.js';
import { type PackHeader, encodeHead, layoutOf, refuseHeader } from './pack-format.js';
import { labelBytes, summarizing } from './summarize.js';

/** What a packed data set says besides its contents. */
export type Provenance = Pick<PackHeader, 'split' | 'origin'>;

/** Stands in for what is not known before all images were seen: as long as it gets. */
const PLACEHOLDER = { checksum: '0'.repeat(64), number: -1.2345678901234567e-123 };

export interface WriteOptions {
  /** Is told of each block of images how many bytes it had. */
  onBytes?: ((count: number) => void) | undefined;
  /**
   * Brings the finished file to its path. Absent: one of that name is replaced, which who has it open on this machine
   * goes on reading; on another, over a network, it has to be opened again.
   */
  place?: (file: string, path: string) => void;
  /** Aborted before the file is in its place: there will be none. */
  signal?: AbortSignal | undefined;
}

/**
 * Writes a packed data set: aside, to disk, then renamed. So the file is whole or not there, whoever looks and
 * whatever is killed.
 *
 * Thrown: that it could not be opened again (`bad-options`), what the filesystem says (ENOSPC, EACCES, …), what reading the images throws, and why it was aborted.
 */
export async function writePack(
  path: string,
  contents: Contents,
  provenance: Provenance,
  { onBytes, place = renameSync, signal }: WriteOptions = {},
): Promise<PackHeader> {
  const aside = makeAside(packingPrefix(dirname(path)));
  try {
    const file = join(aside.folder, basename(path));
    const header = await fill(file, contents, provenance, async (written) => {
      onBytes?.(written);
      // A signal of the operating system is heard in between.
      await setImmediate();
      signal?.throwIfAborted();
    });
    place(file, path);
    sync(dirname(path));
    return header;
  } finally {
    aside.remove();
  }
}

/** What the folders begin with in which files of a directory are written. */
export function packingPrefix(directory: string): string {
  return join(directory, '.packing-');
}

async function fill(
  file: string,
  contents: Contents,
  provenance: Provenance,
  onStep: (written: number) => Promise<void>,
): Promise<PackHeader> {
  const { name, height, width, channels, classes, train, validation, test } = contents;
  const counts = { train: train.count, validation: validation.count, test: test.count };
  const numbers = Array<number>(channels).fill(PLACEHOLDER.number);
  const draft: PackHeader = {
    ...{ name, height, width, channels, classes, counts },
    normalization: { mean: numbers, deviation: numbers },
    ...provenance,
    checksum: PLACEHOLDER.checksum,
  };
  refuseHeader(draft);
  const headerBytes = Buffer.byteLength(JSON.stringify(draft));
  const layout = layoutOf(headerBytes, counts, contents);
  const descriptor = openSync(file, 'wx');
  try {
    let at = layout.images;
    const steps = summarizing(contents);
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) {
      writeAll(descriptor, step.value, at);
      at += step.value.length;
      await onStep(step.value.length);
    }
    const labels = [train, validation, test].map((set) => labelBytes(set.labels));
    writeAll(descriptor, Buffer.concat(labels), layout.labels);
    const header = { ...draft, ...step.value };
    writeAll(descriptor, encodeHead(header, headerBytes), 0);
    await promisify(fsync)(descriptor);
    await onStep(0);
    return header;
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the name of a file last. */
function sync(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
