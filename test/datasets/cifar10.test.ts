import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '@galapagos/datasets';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectDatasetError, imageAt, imagesOf, temporaryDirectory } from './support.js';

const NAMES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);

describe('cifar10 from the binary version', () => {
  let directory: string;
  const load = (options = {}) => loadDataset({ source: 'cifar10', directory, validation: 4, ...options });
  const refused = (...contained: string[]) =>
    expectDatasetError(load, 'malformed-file', directory, 'cifar-10-binary.tar.gz', ...contained);

  beforeEach(() => {
    directory = temporaryDirectory();
    NAMES.forEach((name, batch) => writeFileSync(join(directory, name), records(3, 10 * batch)));
    writeFileSync(join(directory, 'test_batch.bin'), records(2, 200));
  });

  it('reads its six files', async () => {
    const dataset = await load();
    expect(dataset).toMatchObject({ name: 'cifar10', height: 32, width: 32, channels: 3 });
    expect(dataset.classes.join(' ')).toBe('airplane automobile bird cat deer dog frog horse ship truck');
    expect([dataset.train.count, dataset.validation.count, dataset.test.count]).toEqual([11, 4, 2]);
    // Every image knows its number by its first red byte: they are all there, each with its label.
    const seen = [dataset.train, dataset.validation].flatMap((set) =>
      [...set.labels].map((label, at) => {
        const red = imageAt(set, at, 3072)[0]!;
        expect(label).toBe(red % 10);
        return red;
      }),
    );
    expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42]);
  });

  it('turns CHW into HWC', async () => {
    const { test } = await load();
    const image = imageAt(test, 1, 3072);
    for (const [y, x] of [
      [0, 0],
      [0, 31],
      [5, 17],
      [31, 31],
    ] as const) {
      const at = y * 32 + x;
      const expected = [0, 1, 2].map((channel) => pixel(201, channel, at));
      expect([...image.subarray(at * 3, at * 3 + 3)]).toEqual(expected);
    }
  });

  it('also looks into the folder that the archive unpacks to', async () => {
    const { checksum } = await load();
    const folder = join(directory, 'cifar-10-batches-bin');
    mkdirSync(folder);
    for (const name of [...NAMES, 'test_batch.bin']) renameSync(join(directory, name), join(folder, name));
    expect((await load()).checksum).toBe(checksum);
  });

  it('says which file is missing and where to get it', async () => {
    rmSync(join(directory, 'data_batch_4.bin'));
    await expectDatasetError(
      load,
      'missing-file',
      join(directory, 'data_batch_4.bin'),
      'cifar-10-batches-bin',
      'https://www.cs.toronto.edu/~kriz/cifar.html',
      'test_batch.bin',
    );
  });

  it('refuses files that are not whole records of known classes', async () => {
    const file = join(directory, 'data_batch_2.bin');
    writeFileSync(file, records(3, 0).subarray(0, 9000));
    await refused(file, 'expected a multiple of 3073 bytes', 'found 9000 bytes');
    writeFileSync(file, '');
    await refused(file, 'found 0 bytes');
    const wrong = records(3, 0);
    wrong[2 * 3073] = 77;
    writeFileSync(file, wrong);
    await refused(file, 'expected labels from 0 to 9, found 77 for example 2');
  });

  it('has a test set that no option touches', async () => {
    await expectDatasetError(() => load({ test: 1 }), 'bad-options', 'cifar10 has a test set of its own');
    const [one, other] = [await load(), await load({ seed: 1, validation: 9, train: 2 })];
    expect(other.test.labels).toEqual(one.test.labels);
    expect(imagesOf(other.test, 3072)).toEqual(imagesOf(one.test, 3072));
  });
});

/** The byte of a pixel in image `number`; different in every channel and place, and `number` itself at first. */
function pixel(number: number, channel: number, at: number): number {
  return (number + 83 * channel + 7 * at) % 256;
}

function records(count: number, first: number): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, record) => {
      const number = first + record;
      const channels = [0, 1, 2].map((channel) =>
        Uint8Array.from({ length: 1024 }, (_, at) => pixel(number, channel, at)),
      );
      return Buffer.concat([Uint8Array.of(number % 10), ...channels]);
    }),
  );
}
