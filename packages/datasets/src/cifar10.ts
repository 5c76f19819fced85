import { join } from 'node:path';
import type { Publication } from './data-file.js';
import { checkLabels, fileError, readDataFile } from './data-file.js';
import type { ImageSet, Source } from './dataset.js';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const CHANNELS = 3;
const IMAGE_BYTES = PIXELS * CHANNELS;
const RECORD_BYTES = 1 + IMAGE_BYTES;

const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

const TRAIN_FILES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const TEST_FILE = 'test_batch.bin';

/** The folder that the published archive unpacks to. */
const ARCHIVE_FOLDER = 'cifar-10-batches-bin';

const PUBLICATION: Publication = {
  title: 'CIFAR-10',
  url: 'https://www.cs.toronto.edu/~kriz/cifar.html',
  files: [...TRAIN_FILES, TEST_FILE],
  hint: `Take the "binary version", cifar-10-binary.tar.gz; its folder ${ARCHIVE_FOLDER} may stay as it is.`,
};

/**
 * CIFAR-10: 50,000 photographs and 10,000 for test, 32 x 32 x 3, from the binary version in `directory` or in its
 * folder `cifar-10-batches-bin`. A record is one label byte and 3,072 bytes in CHW order; files with fewer
 * records are accepted.
 *
 * Thrown when a file is missing, unreadable or malformed: see `DatasetErrorCode`.
 */
export async function readCifar10(directory: string): Promise<Source> {
  const batches: ImageSet[] = [];
  for (const name of TRAIN_FILES) batches.push(await readBatch(directory, name));
  const ownTest = await readBatch(directory, TEST_FILE);
  return { height: SIDE, width: SIDE, channels: CHANNELS, classes: CLASSES, pool: joined(batches), ownTest };
}

async function readBatch(directory: string, name: string): Promise<ImageSet> {
  for (const path of [join(directory, name), join(directory, ARCHIVE_FOLDER, name)]) {
    const bytes = await readDataFile(path, PUBLICATION);
    if (bytes) return parseBatch(bytes, path);
  }
  const expected = `this file, here or in ${ARCHIVE_FOLDER}`;
  throw fileError('missing-file', join(directory, name), expected, 'neither', PUBLICATION);
}

function parseBatch(bytes: Buffer, path: string): ImageSet {
  const count = bytes.length / RECORD_BYTES;
  if (count === 0 || !Number.isInteger(count)) {
    const expected = `a multiple of ${RECORD_BYTES} bytes (one label and ${IMAGE_BYTES} for each image)`;
    throw fileError('malformed-file', path, expected, `${bytes.length} bytes`, PUBLICATION);
  }
  const labels = new Uint8Array(count);
  const images = new Uint8Array(count * IMAGE_BYTES);
  let to = 0;
  for (let record = 0; record < count; record++) {
    const start = record * RECORD_BYTES;
    labels[record] = bytes[start]!;
    for (let pixel = start + 1; pixel <= start + PIXELS; pixel++) {
      for (let channel = 0; channel < CHANNELS; channel++) images[to++] = bytes[pixel + channel * PIXELS]!;
    }
  }
  checkLabels(labels, CLASSES.length, path, PUBLICATION);
  return { images, labels, count };
}

function joined(sets: ImageSet[]): ImageSet {
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const images = new Uint8Array(count * IMAGE_BYTES);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const set of sets) {
    images.set(set.images, at * IMAGE_BYTES);
    labels.set(set.labels, at);
    at += set.count;
  }
  return { images, labels, count };
}
