import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadDataset } from '@galapagos/datasets';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectDatasetError, imageAt, imagesOf, temporaryDirectory } from './support.js';

const TRAIN_IMAGES = 'train-images-idx3-ubyte';
const TRAIN_LABELS = 'train-labels-idx1-ubyte';
const TEST_IMAGES = 't10k-images-idx3-ubyte';
const TEST_LABELS = 't10k-labels-idx1-ubyte';

describe.each([
  ['mnist', 'http://yann.lecun.com/exdb/mnist/', '3'],
  ['fashion-mnist', 'https://github.com/zalandoresearch/fashion-mnist', 'Dress'],
] as const)('%s from idx files', (source, url, classThree) => {
  let directory: string;
  const load = (options = {}) => loadDataset({ source, directory, validation: 4, ...options });
  const put = (name: string, bytes: Uint8Array) => writeFileSync(join(directory, name), bytes);
  const refused = (...contained: string[]) =>
    expectDatasetError(load, 'malformed-file', directory, url, TEST_LABELS, ...contained);

  beforeEach(() => {
    directory = temporaryDirectory();
    put(TRAIN_IMAGES, images(12, 0));
    put(TRAIN_LABELS, labels(12));
    put(TEST_IMAGES, images(5, 100));
    put(TEST_LABELS, labels(5));
  });

  it('reads its four files', async () => {
    const dataset = await load();
    expect(dataset).toMatchObject({ name: source, height: 28, width: 28, channels: 1 });
    expect(dataset.classes[3]).toBe(classThree);
    expect([dataset.train.count, dataset.validation.count, dataset.test.count]).toEqual([8, 4, 5]);
    // Image n of the pool consists of the byte n and has the label n % 10.
    const firstBytes = [dataset.train, dataset.validation].flatMap((set) =>
      [...imagesOf(set, 784)].filter((_, at) => at % 784 === 0),
    );
    expect(firstBytes.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    dataset.train.labels.forEach((label, at) => expect(label).toBe(imageAt(dataset.train, at, 784)[0]! % 10));
    expect([...dataset.test.labels]).toEqual([0, 1, 2, 3, 4]);
    expect(imagesOf(dataset.test, 784)).toEqual(Uint8Array.from(images(5, 100).subarray(16)));
  });

  it('reads compressed files, with .gz in their names or without, to the same checksum', async () => {
    const { checksum } = await load();
    put(TRAIN_IMAGES, gzipSync(images(12, 0)));
    put(`${TRAIN_LABELS}.gz`, gzipSync(labels(12)));
    rmSync(join(directory, TRAIN_LABELS));
    expect((await load()).checksum).toBe(checksum);
  });

  it('says which file is missing and where to get it', async () => {
    rmSync(join(directory, TEST_LABELS));
    await expectDatasetError(load, 'missing-file', join(directory, TEST_LABELS), '.gz', url, TRAIN_IMAGES);
    rmSync(directory, { recursive: true });
    await expectDatasetError(load, 'missing-file', join(directory, TRAIN_IMAGES), url);
  });

  it('says what the operating system said of a file that cannot be read', async () => {
    rmSync(join(directory, TRAIN_IMAGES));
    mkdirSync(join(directory, TRAIN_IMAGES));
    await expectDatasetError(load, 'unreadable-file', TRAIN_IMAGES, 'EISDIR');
  });

  it('refuses a file that is cut short, or too long', async () => {
    put(TRAIN_IMAGES, images(12, 0).subarray(0, 5000));
    await refused(TRAIN_IMAGES, 'expected 9424 bytes for 12 x 28 x 28 values, found 5000 bytes');
    put(TRAIN_IMAGES, Buffer.concat([images(12, 0), Buffer.of(0)]));
    await refused('found 9425 bytes');
    put(TRAIN_IMAGES, Buffer.of(0, 0, 8));
    await refused('expected an idx header of 16 bytes, found 3 bytes');
    put(TRAIN_IMAGES, gzipSync(images(12, 0)).subarray(0, 60));
    await refused('expected gzip data, found 60 bytes that do not decompress');
  });

  it('refuses a wrong magic number', async () => {
    put(TRAIN_IMAGES, labels(12 * 784));
    await refused(TRAIN_IMAGES, 'expected magic number 0x00000803, found 0x00000801');
    put(TRAIN_IMAGES, Buffer.from('<!doctype html><title>404</title>'));
    await refused('found 0x3c21646f');
  });

  it('refuses images of another size, no images, and labels that do not match', async () => {
    put(TEST_IMAGES, idx([5, 14, 14], new Uint8Array(5 * 196)));
    await refused(TEST_IMAGES, 'image of 28 x 28 pixels, found 5 of 14 x 14');
    put(TEST_IMAGES, images(0, 0));
    await refused(TEST_IMAGES, 'expected at least one image', 'found 0 of');
    put(TEST_IMAGES, images(6, 0));
    await refused(join(directory, TEST_LABELS), 'expected 6 labels', 'found 5 labels');
    put(TEST_IMAGES, images(5, 0));
    put(TEST_LABELS, idx([5], Uint8Array.of(1, 9, 0, 10, 3)));
    await refused(join(directory, TEST_LABELS), 'expected labels from 0 to 9, found 10 for example 3');
  });

  it('refuses a split that needs more than there is', async () => {
    await expectDatasetError(
      () => load({ validation: 12 }),
      'too-few-examples',
      'There are 12 examples',
      '12 for validation and at least 1 for training',
    );
    await expectDatasetError(
      () => load({ train: 9 }),
      'too-few-examples',
      '4 for validation and 9 for training',
    );
    expect((await load({ validation: 11 })).train.count).toBe(1);
  });
});

function idx(dimensions: number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(0x0800 + dimensions.length);
  dimensions.forEach((dimension, axis) => header.writeUInt32BE(dimension, 4 + 4 * axis));
  return Buffer.concat([header, values]);
}

/** Image n is filled with the byte `first + n`. */
function images(count: number, first: number): Buffer {
  return idx(
    [count, 28, 28],
    Uint8Array.from({ length: count * 784 }, (_, at) => first + Math.floor(at / 784)),
  );
}

function labels(count: number): Buffer {
  return idx(
    [count],
    Uint8Array.from({ length: count }, (_, at) => at % 10),
  );
}
