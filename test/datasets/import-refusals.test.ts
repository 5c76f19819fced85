import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ImportOptions } from '@galapagos/datasets';
import { beforeEach, describe, expect, it } from 'vitest';
import { idx, npy, put, writeFolder, zip } from './images.js';
import { newImport, one } from './importing.js';

let directory: ReturnType<typeof newImport>['directory'];
let source: ReturnType<typeof newImport>['source'];
let importAs: ReturnType<typeof newImport>['importAs'];

beforeEach(() => {
  ({ directory, source, importAs } = newImport());
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
