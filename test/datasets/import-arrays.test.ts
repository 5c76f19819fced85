import { appendFileSync, readFileSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadDataset } from '@galapagos/datasets';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { idx, noise, npy, put, writeFolder, zip } from './images.js';
import { ALL, found, newImport, one } from './importing.js';
import { expectDatasetError, imagesOf, testRandom } from './support.js';

let directory: ReturnType<typeof newImport>['directory'];
let source: ReturnType<typeof newImport>['source'];
let out: ReturnType<typeof newImport>['out'];
let importAs: ReturnType<typeof newImport>['importAs'];
let imported: ReturnType<typeof newImport>['imported'];

beforeEach(() => {
  ({ directory, source, out, importAs, imported } = newImport());
});

describe('arrays and binary files', () => {
  const random = testRandom(5);
  const images = (count: number) => noise(random, count, 12, 1);
  const labels = (count: number) => Array.from({ length: count }, (_, at) => at % 3);
  const expectedOf = (pixels: Buffer, classes: readonly number[]) =>
    classes.map((label, at) => `${label}: ${pixels.subarray(12 * at, 12 * at + 12).join()}`).sort();

  it.each<[string, string, (labels: number[]) => Uint8Array]>([
    ['uint8', '|u1', (values) => Uint8Array.from(values)],
    ['int16', '<i2', (values) => Buffer.from(Int16Array.from(values).buffer)],
    ['int64', '<i8', (values) => Buffer.from(BigInt64Array.from(values, BigInt).buffer)],
    ['big-endian int32', '>i4', (values) => Buffer.from(Int32Array.from(values).buffer).swap32()],
    ['big-endian uint64', '>u8', (values) => Buffer.from(BigInt64Array.from(values, BigInt).buffer).swap64()],
  ])('.npy with labels of %s', async (_, descr, encode) => {
    const pixels = images(30);
    const y = npy(descr, [30, 1], encode(labels(30)));
    put(source, { 'x.npy': npy('|u1', [30, 3, 4], pixels), 'y.npy': y });
    const dataset = await imported({ labels: join(source, 'y.npy') }, join(source, 'x.npy'));
    expect(dataset).toMatchObject({ height: 3, width: 4, channels: 1, classes: ['0', '1', '2'] });
    expect(found(dataset, ALL)).toEqual(expectedOf(pixels, labels(30)));
  });

  it.each([
    ['cut short', (file: string) => truncateSync(file, 128 + 12 * 104 + 5), 'cut short while in use'],
    ['written into', (file: string) => appendFileSync(file, 'more'), 'it changed while it was read'],
  ])('.npy that is %s while it is read is refused', async (_, spoil, said) => {
    const [x, y] = [join(source, 'x.npy'), join(source, 'y.npy')];
    put(source, {
      'x.npy': npy('|u1', [300, 3, 4], images(300)),
      'y.npy': npy('|u1', [300], Uint8Array.from(labels(300))),
    });
    const onProgress = (_stage: string, done: number) => {
      if (done === 104) spoil(x);
    };
    await expectDatasetError(() => importAs({ labels: y, onProgress }, x), 'malformed-file', x, said);
    expect(readdirSync(directory)).toEqual(['source']);
  });

  it('.npz with its own test, channels first or last', async () => {
    const planes = noise(random, 20, 3 * 2 * 5, 1);
    const last = Buffer.from(
      planes.map((_, at) => planes[30 * Math.floor(at / 30) + 10 * (at % 3) + Math.floor((at % 30) / 3)]!),
    );
    const y = npy('|u1', [20], Uint8Array.from(labels(20)));
    const test = {
      'x_test.npy': npy('|u1', [2, 2, 5, 3], last.subarray(0, 60)),
      'y_test.npy': npy('|u1', [2], Uint8Array.of(0, 1)),
    };
    put(source, {
      'last.npz': zip({ 'x_train.npy': npy('|u1', [20, 2, 5, 3], last), 'y_train.npy': y, ...test }),
      'first.npz': zip({ 'X_train.npy': npy('|u1', [20, 3, 2, 5], planes), 'y_train.npy': y, ...test }),
    });
    const one = await imported({}, join(source, 'last.npz'));
    expect(one).toMatchObject({ height: 2, width: 5, channels: 3 });
    expect([one.train.count, one.validation.count, one.test.count]).toEqual([18, 2, 2]);
    expect(imagesOf(one.test, 30)).toEqual(Uint8Array.from(last.subarray(0, 60)));
    const other = await imported({}, join(source, 'first.npz'));
    expect(other.checksum).toBe(one.checksum);
  });

  it('idx files, compressed or not, with the test that lies beside them', async () => {
    const pixels = images(30);
    put(source, {
      'train-images-idx3-ubyte.gz': gzipSync(idx([30, 3, 4], pixels)),
      'train-labels-idx1-ubyte.gz': gzipSync(idx([30], Uint8Array.from(labels(30)))),
      't10k-images-idx3-ubyte.gz': idx([3, 3, 4], pixels.subarray(0, 36)),
      't10k-labels-idx1-ubyte.gz': idx([3], Uint8Array.from(labels(3))),
    });
    const dataset = await imported();
    expect(found(dataset, ['train', 'validation'])).toEqual(expectedOf(pixels, labels(30)));
    expect(found(dataset, ['test'])).toEqual(expectedOf(pixels.subarray(0, 36), labels(3)));
  });

  it('CIFAR-100, whose classes have names', async () => {
    const record = (label: number) => Buffer.concat([Uint8Array.of(7, label), Buffer.alloc(3072, label)]);
    const train = Array.from({ length: 200 }, (_, at) => record(at % 100));
    put(source, { 'train.bin': Buffer.concat(train), 'test.bin': record(99) });
    const dataset = await imported({ validation: { count: 1 }, size: { height: 8, width: 8 } });
    expect(dataset).toMatchObject({ height: 8, width: 8, channels: 3 });
    expect(dataset.classes[99]).toBe('worm');
    expect(imagesOf(dataset.test, 192)).toEqual(new Uint8Array(192).fill(99));
    const named = await loadDataset({ source: 'cifar100', directory: source, validation: 1 });
    onTestFinished(() => named.close());
    expect([named.train.count, named.test.count, named.test.labels[0]]).toEqual([199, 1, 99]);
  });

  it('more than 256 classes', async () => {
    const many = Array.from({ length: 900 }, (_, at) => at % 300);
    put(source, {
      'x.npy': npy('|u1', [900, 1, 2], noise(random, 900, 2, 1)),
      'y.npy': npy('<u2', [900], Buffer.from(Uint16Array.from(many).buffer)),
    });
    const dataset = await imported({ labels: join(source, 'y.npy'), ...one }, join(source, 'x.npy'));
    expect(dataset.classes.length).toBe(300);
    expect(Math.max(...dataset.train.labels)).toBe(299);
  });

  it('what is replaced stays whole for whoever reads it', async () => {
    await writeFolder(source, ['a', 'b'], 10);
    const before = await imported();
    const bytes = readFileSync(out);
    const images = imagesOf(before.train, 48);
    await importAs({ seed: 2 });
    expect(readFileSync(out)).not.toEqual(bytes);
    expect(imagesOf(before.train, 48)).toEqual(images);
  });
});
