import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { type Dataset, type ImageSet, loadDataset } from '@galapagos/datasets';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { findPack, keepPack } from '../../packages/datasets/src/cached-pack.js';
import { imagesInMemory } from '../../packages/datasets/src/image-set.js';
import {
  PREFIX_BYTES,
  type PackHeader,
  decodeHeader,
  decodePrefix,
  encodeHead,
} from '../../packages/datasets/src/pack-format.js';
import { summarize } from '../../packages/datasets/src/summarize.js';
import { writePack } from '../../packages/datasets/src/write-pack.js';
import { runProcess } from '../support/processes.js';
import { expectDatasetError, imagesOf, temporaryDirectory, testRandom } from './support.js';

const SPLIT = { split: { seed: 7, validation: 'drawn', test: 'own' }, origin: 'a test' } as const;

interface Sizes {
  height: number;
  width: number;
  channels: number;
  counts: [number, number, number];
  classes: number;
}

function contentsOf({ height, width, channels, counts, classes }: Sizes) {
  const random = testRandom(counts[0]);
  const size = height * width * channels;
  const [train, validation, test] = counts.map((count) =>
    imagesInMemory(
      Uint8Array.from({ length: count * size }, () => 256 * random()),
      Array.from({ length: count }, () => Math.floor(classes * random())),
      size,
    ),
  ) as [ImageSet, ImageSet, ImageSet];
  const names = Array.from({ length: classes }, (_, label) => `class ${label} é`);
  return { name: 'random', height, width, channels, classes: names, train, validation, test };
}

/** Another header, with the hash that goes with it. */
function withHeader(bytes: Buffer, edit: (header: PackHeader) => PackHeader): Buffer {
  const prefix = decodePrefix(bytes.subarray(0, PREFIX_BYTES));
  if ('wrong' in prefix) throw new Error(prefix.wrong);
  const header = decodeHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + prefix.headerBytes), prefix.hash);
  if ('wrong' in header) throw new Error(header.wrong);
  const head = encodeHead(edit(header), prefix.headerBytes);
  return Buffer.concat([head, bytes.subarray(head.length)]);
}

const otherNormalization = (bytes: Buffer) =>
  withHeader(bytes, (header) => ({
    ...header,
    normalization: { mean: [0, 0, 0], deviation: [1, 1, 1] },
  }));

/** As a writer of another kind would leave it: the hash is right. */
function noJson(bytes: Buffer): Buffer {
  bytes.fill('A', PREFIX_BYTES, PREFIX_BYTES + 1);
  const header = bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + bytes.readUInt32LE(12));
  createHash('sha256').update(header).digest().copy(bytes, 16);
  return bytes;
}

const SMALL: Sizes = { height: 4, width: 5, channels: 3, counts: [30, 7, 5], classes: 3 };

describe('a packed data set', () => {
  let directory: string;
  let file: string;
  const load = () => loadDataset({ source: 'packed', file });
  const refused = (...contained: string[]) =>
    expectDatasetError(load, 'malformed-file', file, ...contained, 'galapagos data import');

  beforeEach(() => {
    directory = temporaryDirectory();
    file = join(directory, 'random.gpack');
  });

  it('holds what was written into it, whatever its sizes', async () => {
    const small = fc.integer({ min: 1, max: 9 });
    const counts = fc.tuple(small, small, small);
    const classes = fc.constantFrom(2, 10, 256, 257, 60_000);
    const sizes = fc.record({ height: small, width: small, channels: small, counts, classes });
    await fc.assert(
      fc.asyncProperty(sizes, async (given) => {
        const contents = contentsOf(given);
        const header = await writePack(file, contents, SPLIT);
        const found = await load();
        try {
          const { name, height, width, channels, classes: names } = contents;
          expect(found).toMatchObject({ name, height, width, channels, classes: names, file });
          expect(found).toMatchObject(summarize(contents));
          expect(header.checksum).toBe(found.checksum);
          const size = height * width * channels;
          for (const part of ['train', 'validation', 'test'] as const) {
            expect(found[part].labels).toEqual(contents[part].labels);
            expect(imagesOf(found[part], size)).toEqual(imagesOf(contents[part], size));
          }
          // One by one and backwards.
          const backwards = Array.from({ length: given.counts[0] }, (_, at) => given.counts[0] - 1 - at);
          const [one, other] = [found.train, contents.train].map((set) => {
            const images = new Uint8Array(backwards.length * size);
            set.read(backwards, images);
            return images;
          });
          expect(one).toEqual(other);
        } finally {
          found.close();
        }
      }),
      { numRuns: 40 },
    );
    expect(readdirSync(directory)).toEqual(['random.gpack']);
  });

  it('is not written where it could not be opened', async () => {
    for (const wrong of [{ name: '' }, { width: 65_536 }, { classes: ['one'] }]) {
      await expectDatasetError(
        () => writePack(file, { ...contentsOf(SMALL), ...wrong }, SPLIT),
        'bad-options',
        'This cannot be packed',
        ...Object.keys(wrong),
      );
    }
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is not there when its writing fails', async () => {
    const contents = contentsOf(SMALL);
    const failing = {
      ...contents,
      validation: {
        ...contents.validation,
        read: () => {
          throw new Error('gone');
        },
      },
    };
    await expect(writePack(file, failing, SPLIT)).rejects.toThrow('gone');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([1, 2, 3, 4])('is not there when its writing is ended, in step %i', async (last) => {
    const ending = new AbortController();
    let steps = 0;
    const onBytes = () => {
      if (++steps === last) ending.abort();
    };
    const writing = writePack(file, contentsOf(SMALL), SPLIT, { onBytes, signal: ending.signal });
    await expect(writing).rejects.toThrow('aborted');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each<[string, (bytes: Buffer) => Buffer, string[]]>([
    ['empty', () => Buffer.alloc(0), ['expected a packed data set', 'found 0 bytes']],
    ['another kind of file', () => Buffer.from('<!doctype html>'.repeat(9)), ['begins with "<!doctyp"']],
    ['not written to its end', (bytes) => bytes.fill(0, 0, 48), ['begins with "\\u0000']],
    ['of a later format', (bytes) => bytes.fill(2, 8, 9), ['format 2', 'this version of Galapagos']],
    ['of an impossible header', (bytes) => bytes.fill(255, 12, 16), ['a header of 4294967295 bytes']],
    ['altered in its header', (bytes) => bytes.fill(' ', 60, 61), ['a header whose SHA-256']],
    ['of a header that is no JSON', noJson, ['a header that is no JSON']],
    ['cut short', (bytes) => bytes.subarray(0, -1), ['expected 10712 bytes, found 10711 bytes']],
    ['too long', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]), ['found 10713 bytes']],
    [
      'altered in a pixel',
      (bytes) => bytes.fill(bytes.at(-1)! ^ 1, bytes.length - 1),
      ['contents with the SHA-256'],
    ],
    [
      'altered in a label',
      (bytes) => bytes.fill(bytes[4096]! ^ 1, 4096, 4097),
      ['contents with the SHA-256'],
    ],
    [
      'altered in the high byte of a label',
      (bytes) => bytes.fill(1, 4097, 4098),
      ['expected labels below 3, found 25'],
    ],
    [
      'of a normalisation of fewer channels',
      (bytes) =>
        withHeader(bytes, (header) => ({ ...header, normalization: { mean: [0], deviation: [1, 1, 1] } })),
      ['normalization', 'for each channel'],
    ],
    ['of another normalisation', otherNormalization, ['the normalisation of its', '"deviation":[1,1,1]']],
  ])('is refused when it is %s', async (_, spoil, contained) => {
    await writePack(file, contentsOf(SMALL), SPLIT);
    writeFileSync(file, spoil(readFileSync(file)));
    await refused(...contained);
  });

  it('is not found in a cache where its normalisation is another', async () => {
    const { checksum } = await writePack(file, contentsOf(SMALL), SPLIT);
    const cached = join(directory, `random-${checksum.slice(0, 16)}.gpack`);
    copyFileSync(file, cached);
    const found = findPack('random', checksum, [directory]);
    expect(found?.file).toBe(cached);
    found?.close();
    writeFileSync(cached, otherNormalization(readFileSync(file)));
    expect(findPack('random', checksum, [directory])).toBeUndefined();
  });

  it('stays in a cache when others pack the same, and is replaced when it is spoilt', async () => {
    const contents = contentsOf(SMALL);
    const { checksum } = summarize(contents);
    const keep = async () => {
      const kept = await keepPack(contents, checksum, SPLIT, [directory]);
      kept?.close();
      return kept?.file ?? '';
    };
    const cached = await keep();
    const { ino } = statSync(cached);
    const [left, fresh] = [join(directory, '.packing-left'), join(directory, '.packing-new')];
    mkdirSync(left);
    mkdirSync(fresh);
    utimesSync(left, 1, 1);
    expect(await keep()).toBe(cached);
    expect(statSync(cached).ino).toBe(ino);
    expect(readdirSync(directory)).toEqual(['.packing-new', basename(cached)]);
    rmdirSync(fresh);
    truncateSync(cached, 5000);
    expect(await keep()).toBe(cached);
    expect(statSync(cached).ino).not.toBe(ino);
    expect(readdirSync(directory)).toEqual([basename(cached)]);
  });

  it('says which file is missing or cannot be read', async () => {
    await expectDatasetError(load, 'missing-file', file, 'found no such file', 'galapagos data import');
    file = directory;
    await expectDatasetError(load, 'unreadable-file', file, 'EISDIR');
    file = join(directory, 'pipe');
    expect((await runProcess('mkfifo', [file])).code).toBe(0);
    await expectDatasetError(load, 'unreadable-file', file, 'ESPIPE');
  });

  describe('that is open', () => {
    let open: Dataset;
    const read = () => imagesOf(open.test, 60);

    beforeEach(async () => {
      await writePack(file, contentsOf(SMALL), SPLIT);
      open = await load();
      return () => open.close();
    });

    it('says so when it is cut short', async () => {
      truncateSync(file, statSync(file).size - 1);
      await expectDatasetError(read, 'malformed-file', file, 'cut short while in use');
    });

    it('says so when it is written into, wherever', async () => {
      const bytes = readFileSync(file);
      bytes[9000]! ^= 1;
      writeFileSync(file, bytes);
      utimesSync(file, 1, 1);
      for (let time = 0; time < 2; time++) {
        await expectDatasetError(read, 'malformed-file', file, 'contents with the SHA-256');
      }
    });

    it('goes on when only its time was set, or another file was put in its place', () => {
      const before = read();
      utimesSync(file, 1, 1);
      expect(read()).toEqual(before);
      copyFileSync(file, `${file}.other`);
      truncateSync(`${file}.other`, 100);
      renameSync(`${file}.other`, file);
      expect(read()).toEqual(before);
    });
  });
});
