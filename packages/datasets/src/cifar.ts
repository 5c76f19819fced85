import { join } from 'node:path';
import type { Publication } from './data-file.js';
import { checkLabels, fileError, readDataFile } from './data-file.js';
import type { ImageSet, Source } from './dataset.js';
import { concatenate, imagesInMemory } from './image-set.js';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const CHANNELS = 3;
const IMAGE_BYTES = PIXELS * CHANNELS;

/** How the binary versions of CIFAR-10 and CIFAR-100 differ. */
export interface CifarVariant {
  classes: string[];
  /** Bytes before an image; the last of them is its label. */
  labelBytes: number;
  trainFiles: string[];
  testFile: string;
  /** The folder that the published archive unpacks to. */
  folder: string;
  publication: Publication;
}

/** Photographs of 32 x 32 x 3, from the files in `directory` or in the folder that the archive unpacks to. */
export async function readCifar(directory: string, variant: CifarVariant): Promise<Source> {
  const batches: ImageSet[] = [];
  for (const name of variant.trainFiles) batches.push(await readBatch(directory, name, variant));
  const ownTest = await readBatch(directory, variant.testFile, variant);
  const pool = concatenate(batches, IMAGE_BYTES);
  return { height: SIDE, width: SIDE, channels: CHANNELS, classes: variant.classes, pool, ownTest };
}

async function readBatch(directory: string, name: string, variant: CifarVariant): Promise<ImageSet> {
  const { folder, publication } = variant;
  for (const path of [join(directory, name), join(directory, folder, name)]) {
    const bytes = await readDataFile(path, publication);
    if (bytes) return parseBatch(bytes, path, variant);
  }
  const expected = `this file, here or in ${folder}`;
  throw fileError('missing-file', join(directory, name), expected, 'neither', publication);
}

function parseBatch(
  bytes: Buffer,
  path: string,
  { labelBytes, classes, publication }: CifarVariant,
): ImageSet {
  const recordBytes = labelBytes + IMAGE_BYTES;
  const count = bytes.length / recordBytes;
  if (count === 0 || !Number.isInteger(count)) {
    const prefix = labelBytes === 1 ? 'one label' : `${labelBytes} labels`;
    const expected = `a multiple of ${recordBytes} bytes (${prefix} and ${IMAGE_BYTES} for each image)`;
    throw fileError('malformed-file', path, expected, `${bytes.length} bytes`, publication);
  }
  const labels = new Uint8Array(count);
  const images = new Uint8Array(count * IMAGE_BYTES);
  let to = 0;
  for (let record = 0; record < count; record++) {
    const start = record * recordBytes + labelBytes;
    labels[record] = bytes[start - 1]!;
    for (let pixel = start; pixel < start + PIXELS; pixel++) {
      for (let channel = 0; channel < CHANNELS; channel++) images[to++] = bytes[pixel + channel * PIXELS]!;
    }
  }
  checkLabels(labels, classes.length, path, publication);
  return imagesInMemory(images, labels, IMAGE_BYTES);
}
