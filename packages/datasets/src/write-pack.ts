import { closeSync, fsyncSync, mkdtempSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Contents } from './dataset.js';
import { type PackHeader, encodeHead, layoutOf } from './pack-format.js';
import { labelBytes, summarize } from './summarize.js';

/** What a packed data set says besides its contents. */
export type Provenance = Pick<PackHeader, 'split' | 'origin'>;

/** Stands in for what is not known before all images were seen: as long as it gets. */
const PLACEHOLDER = { checksum: '0'.repeat(64), number: -1.2345678901234567e-123 };

/**
 * Writes a packed data set: aside, to disk, then renamed. So the file is whole or not there, whoever looks and
 * whatever is killed.
 *
 * @param onBytes is told of each block of images how many bytes it had
 * @param place brings the finished file to its path. Absent: one of that name is replaced, which who has it open on this
 *   machine goes on reading; on another, over a network, it has to be opened again.
 *
 * Thrown: what the filesystem says (ENOSPC, EACCES, …), and what reading the images throws.
 */
export function writePack(
  path: string,
  contents: Contents,
  provenance: Provenance,
  onBytes?: (count: number) => void,
  place: (file: string, path: string) => void = renameSync,
): PackHeader {
  const aside = mkdtempSync(join(dirname(path), '.packing-'));
  try {
    const file = join(aside, basename(path));
    const header = fill(file, contents, provenance, onBytes);
    place(file, path);
    sync(dirname(path));
    return header;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function fill(
  file: string,
  contents: Contents,
  provenance: Provenance,
  onBytes: (count: number) => void = () => undefined,
): PackHeader {
  const { name, height, width, channels, classes, train, validation, test } = contents;
  const counts = { train: train.count, validation: validation.count, test: test.count };
  const numbers = Array<number>(channels).fill(PLACEHOLDER.number);
  const draft: PackHeader = {
    ...{ name, height, width, channels, classes, counts },
    normalization: { mean: numbers, deviation: numbers },
    ...provenance,
    checksum: PLACEHOLDER.checksum,
  };
  const headerBytes = Buffer.byteLength(JSON.stringify(draft));
  const layout = layoutOf(headerBytes, counts, contents);
  const descriptor = openSync(file, 'wx');
  try {
    let at = layout.images;
    const summary = summarize(contents, (images) => {
      write(descriptor, images, at);
      at += images.length;
      onBytes(images.length);
    });
    const labels = [train, validation, test].map((set) => labelBytes(set.labels));
    write(descriptor, Buffer.concat(labels), layout.labels);
    const header = { ...draft, ...summary };
    write(descriptor, encodeHead(header, headerBytes), 0);
    fsyncSync(descriptor);
    return header;
  } finally {
    closeSync(descriptor);
  }
}

function write(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
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
