import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Dataset, type ImportOptions, importData, loadDataset } from '@galapagos/datasets';
import sharp from 'sharp';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { idx, noise, npy, put, writeFolder, writeImage, zip } from './images.js';
import { expectDatasetError, imageAt, imagesOf, temporaryDirectory, testRandom } from './support.js';

const DEFAULTS = { name: 'own', seed: 1, skipBroken: false } as const;

let directory: string;
let source: string;
let out: string;
const importAs = (options: Partial<ImportOptions> = {}, from = source) =>
  importData(from, out, { ...DEFAULTS, ...options });
const one = { validation: { count: 1 }, test: { count: 1 } } as const;

/** Imports, and opens what came of it. */
async function imported(options: Partial<ImportOptions> = {}, from = source): Promise<Dataset> {
  await importAs(options, from);
  const dataset = await loadDataset({ source: 'packed', file: out });
  onTestFinished(() => dataset.close());
  return dataset;
}

/** Each image as `label: bytes`, sorted, since a split shuffles. */
function found(dataset: Dataset, parts: readonly ('train' | 'validation' | 'test')[]): string[] {
  const size = dataset.height * dataset.width * dataset.channels;
  return parts
    .flatMap((part) =>
      Array.from(dataset[part].labels, (label, at) => `${label}: ${imageAt(dataset[part], at, size).join()}`),
    )
    .sort();
}
const ALL = ['train', 'validation', 'test'] as const;

beforeEach(() => {
  directory = temporaryDirectory();
  source = join(directory, 'source');
  out = join(directory, 'own.gpack');
  mkdirSync(source);
});

describe('a folder of images', () => {
  it.each([
    ['coloured', 3],
    ['gray', 1],
  ] as const)('gives the same pixels: %s', async (_, channels) => {
    const random = testRandom(channels);
    const expected: string[] = [];
    for (const [label, name] of ['ape', 'bee', 'cat é & co'].entries()) {
      for (let image = 0; image < 12; image++) {
        const pixels = noise(random, 5, 7, channels);
        await writeImage(join(source, name, `${image}.${image % 2 ? 'png' : 'PNG'}`), pixels, 5, 7, channels);
        expected.push(`${label}: ${pixels.join()}`);
      }
    }
    const dataset = await imported();
    expect(dataset).toMatchObject({ name: 'own', height: 5, width: 7, channels });
    expect(dataset.classes).toEqual(['ape', 'bee', 'cat é & co']);
    expect([dataset.train.count, dataset.validation.count, dataset.test.count]).toEqual([28, 4, 4]);
    expect(found(dataset, ALL)).toEqual(expected.sort());
    expect(readdirSync(directory).sort()).toEqual(['own.gpack', 'source']);
  });

  it('is split by the seed: the same gives the same checksum', async () => {
    await writeFolder(source, ['a', 'b'], 20);
    const checksums = [];
    for (const seed of [1, 1, 2]) checksums.push((await importAs({ seed })).header.checksum);
    expect(checksums[1]).toBe(checksums[0]);
    expect(checksums[2]).not.toBe(checksums[0]);
  });

  it('keeps the parts that it has', async () => {
    await writeFolder(join(source, 'train'), ['a', 'b'], 10);
    await writeFolder(join(source, 'val'), ['a', 'b'], 3);
    await writeFolder(join(source, 'test'), ['b'], 2);
    const dataset = await imported();
    expect([dataset.train.count, dataset.validation.count, dataset.test.count]).toEqual([20, 6, 2]);
    expect([...dataset.test.labels]).toEqual([1, 1]);
    await expectDatasetError(() => importAs(one), 'bad-options', '--validation', 'of their own');
  });

  it('takes numbers and shares', async () => {
    await writeFolder(source, ['a', 'b'], 20);
    const { header } = await importAs({ validation: { share: 0.25 }, test: { count: 3 } });
    expect(header.counts).toEqual({ train: 27, validation: 10, test: 3 });
    expect(header.split).toEqual({ seed: 1, validation: 'drawn', test: 'drawn' });
  });

  it('makes of every kind of image 8 bits a channel, upright, without transparency', async () => {
    const red = { create: { width: 4, height: 2, channels: 3, background: '#ff0000' } } as const;
    const clear = { create: { width: 4, height: 2, channels: 4, background: '#ff000000' } } as const;
    mkdirSync(join(source, 'a'));
    mkdirSync(join(source, 'b'));
    await sharp(red).toColourspace('rgb16').png().toFile(join(source, 'a/sixteen.png'));
    await sharp(red).toColourspace('cmyk').jpeg({ quality: 100 }).toFile(join(source, 'a/cmyk.jpg'));
    await sharp(red).webp({ lossless: true }).toFile(join(source, 'a/webp.webp'));
    await sharp(red).png({ palette: true }).toFile(join(source, 'a/palette.png'));
    await sharp(clear).png().toFile(join(source, 'b/clear.png'));
    await sharp({ create: { ...red.create, width: 2, height: 4 } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .withMetadata({ orientation: 6 })
      .toFile(join(source, 'b/turned.jpg'));
    const formats = await Promise.all(
      ['a/sixteen.png', 'a/cmyk.jpg', 'b/clear.png'].map((name) => sharp(join(source, name)).metadata()),
    );
    expect(formats.map(({ depth, space, hasAlpha }) => `${depth} ${space} ${hasAlpha}`)).toEqual([
      'ushort rgb16 false',
      'uchar cmyk false',
      'uchar srgb true',
    ]);
    const dataset = await imported({ validation: { count: 1 }, test: { count: 1 }, seed: 4 });
    expect(dataset).toMatchObject({ height: 2, width: 4, channels: 3 });
    const corners = found(dataset, ALL).map((image) =>
      image.replace(/,/g, ' ').split(' ').slice(0, 4).map(Number.parseFloat),
    );
    const whites = corners.filter((values) => values[2]! > 200);
    expect(whites.length).toBe(1);
    expect(corners.filter((values) => values[1]! > 200 && values[2]! < 60).length).toBe(5);
  });

  it('is resized, and made gray or coloured', async () => {
    const random = testRandom(9);
    for (const name of ['a', 'b']) {
      for (let image = 0; image < 5; image++) {
        await writeImage(join(source, name, `${image}.png`), noise(random, 6 + image, 9, 3), 6 + image, 9);
        await writeImage(join(source, name, `gray ${image}.png`), noise(random, 8, 8, 1), 8, 8, 1);
      }
    }
    const size = { height: 4, width: 6 };
    expect(await imported({ size, channels: 1 })).toMatchObject({ ...size, channels: 1 });
    expect(await imported({ size, channels: 3 })).toMatchObject({ ...size, channels: 3 });
    await expectDatasetError(
      () => importAs({ size }),
      'malformed-file',
      'is coloured',
      'is gray',
      '--channels 3',
    );
    const differing = ['a/0.png has 6 x 9 pixels', 'a/1.png has 7 x 9', '--size 32'];
    await expectDatasetError(() => importAs({ channels: 3 }), 'malformed-file', ...differing);
  });

  it('lists what is broken, all of it, or goes on without', async () => {
    await writeFolder(source, ['a', 'b'], 20, 8);
    for (let image = 0; image < 11; image++) writeFileSync(join(source, 'a', `${image}.png`), 'no image');
    await sharp(noise(testRandom(2), 64, 64, 3), { raw: { height: 64, width: 64, channels: 3 } })
      .jpeg()
      .toFile(join(source, 'b/cut.jpg'));
    truncateSync(join(source, 'b/cut.jpg'), 2500);
    truncateSync(join(source, 'b/7.png'), 60);
    writeFileSync(join(source, 'b/empty.webp'), '');
    writeFileSync(join(source, 'b/readme.txt'), '');
    const size = { height: 8, width: 8 };
    const listed = [
      join(source, 'a/0.png'),
      'unsupported image format',
      '14 of 42 images',
      'and 4 more',
      '--skip-broken',
    ];
    await expectDatasetError(() => importAs({ size }), 'malformed-file', ...listed);
    expect(readdirSync(directory)).toEqual(['source']);
    const { header, skipped, notes } = await importAs({ size, skipBroken: true });
    expect(skipped).toMatchObject({ count: 14 });
    expect(skipped.examples.length).toBe(10);
    expect(header.counts.train + header.counts.validation + header.counts.test).toBe(28);
    expect(notes.join()).toMatch(/b: 1 entry that is no PNG.* passed over: readme\.txt/);
  });

  it('takes none for broken that cannot be read', async () => {
    await writeFolder(source, ['a', 'b'], 3);
    symlinkSync(join(directory, 'away'), join(source, 'a', 'away.png'));
    await expectDatasetError(() => importAs({ skipBroken: true }), 'missing-file', 'away.png');
    expect(readdirSync(directory)).toEqual(['source']);
  });

  it('leaves nothing behind when it is ended', async () => {
    await writeFolder(source, ['a', 'b'], 20);
    const ending = new AbortController();
    const importing = importAs({ signal: ending.signal, onProgress: () => ending.abort() });
    await expect(importing).rejects.toThrow('aborted');
    expect(readdirSync(directory)).toEqual(['source']);
  });
});

describe('a source that cannot be imported says why', () => {
  type Case = [string, () => Promise<void> | void, string[], Partial<ImportOptions>?, string?];
  const bytes = (count: number) => new Uint8Array(count);
  const arrays = (x: Buffer, y: Buffer) => put(source, { 'x.npy': x, 'y.npy': y });
  const byLabels = () => ({ labels: join(source, 'y.npy') });
  const y = npy('|u1', [4], Uint8Array.of(0, 1, 0, 1));
  const x = npy('|u1', [4, 2, 2], bytes(16));
  it.each<Case>([
    ['nothing there', () => undefined, ['no such file or folder'], {}, 'nix'],
    [
      'an empty folder',
      () => undefined,
      ['one subfolder for each class, found an empty folder', 'pets/cat/1.png'],
    ],
    ['no class folder', () => put(source, { 'a.png': bytes(1) }), ['found 1 files and no subfolder']],
    ['one class', () => writeFolder(source, ['only'], 2), ['at least two classes, found one, only']],
    [
      'empty classes',
      () => ['a', 'b'].forEach((name) => mkdirSync(join(source, name))),
      ['expected images in the folders'],
    ],
    [
      'a class without training images',
      async () => {
        await writeFolder(source, ['a', 'b'], 5);
        mkdirSync(join(source, 'c'));
      },
      ['the class c has no image for training', '--seed'],
    ],
    [
      'too few images',
      () => writeFolder(source, ['a', 'b'], 2),
      ['There are 4 examples'],
      { test: { count: 9 } },
    ],
    [
      'nothing but broken ones',
      () => {
        for (const name of ['a', 'b']) {
          mkdirSync(join(source, name));
          writeFileSync(join(source, name, '1.png'), '');
        }
      },
      ['Of 2 images none can be decoded'],
      { skipBroken: true },
    ],
    [
      'two training folders',
      async () => {
        await writeFolder(join(source, 'train'), ['a', 'b'], 1);
        await writeFolder(join(source, 'training'), ['a', 'b'], 1);
      },
      ['one folder for each part, found two for train'],
    ],
    [
      'a file of another kind',
      () => put(source, { f: Buffer.from('GIF89a') }),
      ['begins with "GIF89a"', '--kind'],
      {},
      'source/f',
    ],
    ['an empty file', () => put(source, { f: bytes(0) }), ['found an empty file'], {}, 'source/f'],
    [
      'a packed one',
      () => put(source, { f: Buffer.from('GALAPACK') }),
      ['a packed data set', 'galapagos init'],
      {},
      'source/f',
    ],
    [
      'labels of a folder',
      () => writeFolder(source, ['a', 'b'], 1),
      ['--labels does not go with folder'],
      { labels: 'y' },
    ],
    [
      'a layout of a folder',
      () => writeFolder(source, ['a', 'b'], 1),
      ['--layout does not go'],
      { layout: 'nchw' },
    ],
    ['.npy without labels', () => arrays(x, y), ['--labels labels.npy'], {}, 'source/x.npy'],
    [
      'a short .npy',
      () => arrays(x.subarray(0, -3), y),
      ['expected 16 bytes for 4 x 2 x 2 of uint8, found 13'],
      {},
      'source/x.npy',
    ],
    [
      'an .npy of its first bytes',
      () => arrays(x.subarray(0, 8), y),
      ['begins with \\x93NUMPY, found 8 bytes'],
      {},
      'source/x.npy',
    ],
    [
      'images without pixels',
      () => arrays(npy('|u1', [4, 0, 2], bytes(0)), y),
      ['x.npy[0]: expected 1 to 65535 pixels each way, found 0 x 2 x 1'],
      {},
      'source/x.npy',
    ],
    [
      'images that are too wide',
      () => arrays(npy('|u1', [4, 1, 65_536], bytes(4 * 65_536)), y),
      ['found 1 x 65536 x 1'],
      {},
      'source/x.npy',
    ],
    [
      'labels of 16 bytes',
      () => arrays(x, npy('<i16', [4], bytes(64))),
      ['y.npy: expected one whole number for each image, found int128'],
      {},
      'source/x.npy',
    ],
    [
      'another header',
      () => arrays(npy('|O', [4, 2, 2], bytes(16)), y),
      ['an array of numbers'],
      {},
      'source/x.npy',
    ],
    [
      'floats',
      () => arrays(npy('<f4', [4, 2, 2], bytes(64)), y),
      ['images of uint8, found float32', '(255 * x).round()'],
      {},
      'source/x.npy',
    ],
    [
      'wide numbers',
      () => arrays(npy('<i8', [4, 2, 2], bytes(128)), y),
      ['found int64', "x.astype('uint8')"],
      {},
      'source/x.npy',
    ],
    [
      "Fortran's order",
      () => arrays(npy('|u1', [4, 2, 2], bytes(16), true), y),
      ['np.ascontiguousarray(x)'],
      {},
      'source/x.npy',
    ],
    [
      'flat images',
      () => arrays(npy('|u1', [4, 4], bytes(16)), y),
      ['found an array of 4 x 4', 'reshape'],
      {},
      'source/x.npy',
    ],
    [
      'ambiguous channels',
      () => arrays(npy('|u1', [4, 3, 2, 3], bytes(72)), y),
      ['--layout nhwc or --layout nchw'],
      {},
      'source/x.npy',
    ],
    [
      'too few labels',
      () => arrays(x, npy('|u1', [3], bytes(3))),
      ['y.npy: expected 4 labels', 'found 3'],
      {},
      'source/x.npy',
    ],
    [
      'one-hot labels',
      () => arrays(x, npy('|u1', [4, 2], bytes(8))),
      ['found an array of 4 x 2', 'argmax'],
      {},
      'source/x.npy',
    ],
    [
      'labels that are floats',
      () => arrays(x, npy('<f8', [4], bytes(32))),
      ['found float64', "astype('int64')"],
      {},
      'source/x.npy',
    ],
    [
      'a negative label',
      () => arrays(x, npy('<i2', [4], Uint8Array.of(0, 0, 255, 255, 1, 0, 0, 0))),
      ['labels from 0 to 65535, found -1 for', 'x.npy[1]'],
      {},
      'source/x.npy',
    ],
    [
      'a label beyond',
      () =>
        arrays(
          x,
          npy(
            '>i8',
            [4],
            Buffer.from(
              [0, 0, 0, 65_536].map((label) => label.toString(16).padStart(16, '0')).join(''),
              'hex',
            ),
          ),
        ),
      ['found 65536'],
      {},
      'source/x.npy',
    ],
    [
      'all the same label',
      () => arrays(x, npy('|u1', [4], bytes(4))),
      ['found the label 0 alone'],
      {},
      'source/x.npy',
    ],
    [
      'a broken archive',
      () => put(source, { 'd.npz': Buffer.from('PK and nothing else') }),
      ['a ZIP archive', 'np.savez'],
      {},
      'source/d.npz',
    ],
    [
      'an archive with a broken member',
      () => {
        const whole = zip({ 'x.npy': x, 'y.npy': y });
        whole[60]! ^= 255;
        put(source, { 'd.npz': whole });
      },
      ['d.npz: expected an .npz file'],
      {},
      'source/d.npz',
    ],
    [
      'an archive of other arrays',
      () => put(source, { 'd.npz': zip({ 'foo.npy': x }) }),
      ['arrays called x and y', 'found foo'],
      {},
      'source/d.npz',
    ],
    [
      'idx without labels',
      () => put(source, { f: idx([4, 2, 2], bytes(16)) }),
      ['--labels FILE'],
      {},
      'source/f',
    ],
    [
      'short idx',
      () =>
        put(source, {
          'a-images-idx3-ubyte': idx([4, 2, 2], bytes(15)),
          'a-labels-idx1-ubyte': idx([4], bytes(4)),
        }),
      ['a-images-idx3-ubyte: expected 16 bytes', 'found 15'],
    ],
    [
      'idx labels that are none',
      () =>
        put(source, {
          'a-images-idx3-ubyte': idx([4, 2, 2], bytes(16)),
          'a-labels-idx1-ubyte': idx([4, 1, 1], bytes(4)),
        }),
      ['it begins with 00000801), found 00000803'],
    ],
    [
      'idx without its labels',
      () => put(source, { 'a-images-idx3-ubyte': idx([4, 2, 2], bytes(16)) }),
      ['a-labels-idx1-ubyte: no such file'],
    ],
    [
      'spoilt gzip',
      () =>
        put(source, {
          'a-images-idx3-ubyte.gz': gzipSync(idx([4, 2, 2], bytes(16))).subarray(0, 20),
          'a-labels-idx1-ubyte.gz': idx([4], bytes(4)),
        }),
      ['expected gzip data', 'unexpected end of file'],
    ],
    [
      'short CIFAR',
      () => put(source, { 'train.bin': bytes(100), 'test.bin': bytes(3074) }),
      ['train.bin', 'a multiple of 3074 bytes', 'cifar-100-binary.tar.gz'],
    ],
    ['no CIFAR', () => undefined, ['the binary version of CIFAR-10 or CIFAR-100'], { kind: 'cifar' }],
    ['no idx', () => undefined, ['expected idx files of images, found none'], { kind: 'idx' }],
  ])('%s', async (_, prepare, contained, options = {}, from = 'source') => {
    await prepare();
    const path = join(directory, from);
    const isNpy = from.endsWith('x.npy') && !contained.includes('--labels labels.npy');
    let message = '';
    await importAs({ ...one, ...(isNpy ? byLabels() : {}), ...options }, path).catch((error: Error) => {
      expect(error.name).toBe('DatasetError');
      message = error.message;
    });
    for (const text of contained) expect(message).toContain(text);
    expect(readdirSync(directory)).toEqual(['source']);
  });
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
