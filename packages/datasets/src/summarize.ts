import { createHash } from 'node:crypto';
import type { Contents, ImageSet } from './dataset.js';
import { sizeOf } from './dataset.js';
import { blocksOf } from './image-set.js';
import type { Normalization } from './normalize.js';
import { Tally } from './normalize.js';

/** What follows from the contents of a data set. */
export interface Summary {
  /**
   * SHA-256 (hexadecimal) of name, sizes, classes and counts as JSON, then of the labels and images of each part in
   * order. A label is one byte, two (little-endian) where there are more than 256 classes.
   */
  checksum: string;
  normalization: Normalization;
}

/**
 * Goes through all images once: train, validation, test, about a megabyte at a time.
 *
 * @param onImages is shown each block of images, which the next one overwrites
 */
export function summarize(contents: Contents, onImages?: (images: Uint8Array) => void): Summary {
  const tally = new Tally(contents.channels);
  const checksum = checksumOf(contents, (images, set) => {
    if (set === contents.train) tally.add(images);
    onImages?.(images);
  });
  return { checksum, normalization: tally.normalization() };
}

/** The checksum alone. The order of its bytes is fixed, or recorded checksums would lose their meaning. */
function checksumOf(contents: Contents, onImages: (images: Uint8Array, set: ImageSet) => void): string {
  const { name, height, width, channels, classes, train, validation, test } = contents;
  const counts = [train.count, validation.count, test.count];
  const hash = createHash('sha256');
  hash.update(JSON.stringify([name, height, width, channels, classes, counts]));
  for (const set of [train, validation, test]) {
    hash.update(classes.length <= 256 ? Uint8Array.from(set.labels) : labelBytes(set.labels));
    for (const images of blocksOf(set, sizeOf(contents))) {
      hash.update(images);
      onImages(images, set);
    }
  }
  return hash.digest('hex');
}

/** Labels as bytes, little-endian on every machine. */
export function labelBytes(labels: Uint16Array): Uint8Array {
  const bytes = Buffer.alloc(2 * labels.length);
  labels.forEach((label, at) => bytes.writeUInt16LE(label, 2 * at));
  return bytes;
}
