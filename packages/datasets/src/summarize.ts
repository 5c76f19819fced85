import { createHash } from 'node:crypto';
import type { Contents } from './dataset.js';
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

/** Goes through all images once: train, validation, test, about a megabyte at a time. */
export function summarize(contents: Contents): Summary {
  const steps = summarizing(contents);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * The same in steps: yields each block of images, which the next one overwrites. The order of the bytes is fixed, or
 * recorded checksums would lose their meaning.
 */
export function* summarizing(contents: Contents): Generator<Uint8Array, Summary> {
  const { name, height, width, channels, classes, train, validation, test } = contents;
  const counts = [train.count, validation.count, test.count];
  const tally = new Tally(channels);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([name, height, width, channels, classes, counts]));
  for (const set of [train, validation, test]) {
    hash.update(classes.length <= 256 ? Uint8Array.from(set.labels) : labelBytes(set.labels));
    for (const images of blocksOf(set, sizeOf(contents))) {
      hash.update(images);
      if (set === train) tally.add(images);
      yield images;
    }
  }
  return { checksum: hash.digest('hex'), normalization: tally.normalization() };
}

/** Labels as bytes, little-endian on every machine. */
export function labelBytes(labels: Uint16Array): Uint8Array {
  const bytes = Buffer.alloc(2 * labels.length);
  labels.forEach((label, at) => bytes.writeUInt16LE(label, 2 * at));
  return bytes;
}
