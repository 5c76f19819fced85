import { createReadStream, createWriteStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { classesOf } from './labels.js';
import { type RawSet, type RawSource, importError, unreadable } from './raw-source.js';
import { RecordFile } from './record-file.js';

const FIX =
  'Images are idx3-ubyte files, labels idx1-ubyte files, as those of MNIST; they may be compressed (.gz).';
const IMAGES = /images[-.]idx3[-.]ubyte(\.gz)?$/i;
const TEST = /(^|[-_.])(t10k|test)[-_.]/i;

/** The idx files with images in a folder: of the examples, and of the test. */
export function idxFilesIn(folder: string): { pool?: string; test?: string } {
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => IMAGES.test(name))
      .sort();
  } catch (error) {
    throw unreadable(folder, error);
  }
  const test = names.find((name) => TEST.test(name));
  const pool = names.find((name) => !TEST.test(name));
  return { ...(pool && { pool: join(folder, pool) }), ...(test && { test: join(folder, test) }) };
}

/** The labels beside images, by the name that they have in MNIST; undefined where there is no such name. */
export function idxLabelsBeside(images: string): string | undefined {
  const labels = images.replace(/images([-.]idx)3/i, 'labels$11');
  return labels === images ? undefined : labels;
}

/** One pair of idx files, and perhaps one for test. @param scratch A folder for what is decompressed. */
export async function openIdx(
  pairs: { pool: [images: string, labels: string]; test?: [images: string, labels: string] },
  scratch: string,
): Promise<RawSource> {
  const opened: RecordFile[] = [];
  const close = () => opened.forEach((file) => file.close());
  try {
    const open = async (path: string, name: string) => {
      const file = await openPlain(path, join(scratch, name));
      opened.push(file);
      return file;
    };
    const setOf = async ([images, labels]: [string, string], part: string): Promise<RawSet> =>
      pair(
        { path: images, file: await open(images, `${part}-images`) },
        { path: labels, file: await open(labels, `${part}-labels`) },
      );
    const pool = await setOf(pairs.pool, 'pool');
    const test = pairs.test && (await setOf(pairs.test, 'test'));
    const classes = classesOf(pairs.pool[1], [pool, ...(test ? [test] : [])]);
    return { classes, pool, ...(test && { test }), origin: 'idx files', notes: [], close };
  } catch (error) {
    close();
    throw error;
  }
}

interface Named {
  /** What to call it in a message. */
  path: string;
  file: RecordFile;
}

/** The file, or what it decompresses to: recognised by its content, since some downloads lose the `.gz`. */
async function openPlain(path: string, unpacked: string): Promise<RecordFile> {
  const file = new RecordFile(path);
  if (file.upTo(0, 2).toString('hex') !== '1f8b') return file;
  file.close();
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(unpacked));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw importError(path, 'gzip data', found, 'Download it once more.');
  }
  return new RecordFile(unpacked);
}

function pair(images: Named, labels: Named): RawSet {
  const [count = 0, height = 0, width = 0] = dimensionsOf(images, 3);
  const [labelCount = 0] = dimensionsOf(labels, 1);
  if (count !== labelCount) {
    throw importError(
      labels.path,
      `${count} labels, one for each image of ${images.path}`,
      `${labelCount}`,
      'Do they belong together?',
    );
  }
  const size = height * width;
  return {
    count,
    labels: labels.file.read(8, count),
    nameOf: (index) => `${images.path}[${index}]`,
    image: (index) =>
      Promise.resolve({ height, width, channels: 1, pixels: images.file.read(16 + index * size, size) }),
  };
}

function dimensionsOf({ path, file }: Named, rank: number): number[] {
  const header = file.upTo(0, 4 + 4 * rank);
  const magic = header.length < 4 ? -1 : header.readUInt32BE(0);
  if (magic !== 0x0800 + rank || header.length < 4 + 4 * rank) {
    throw importError(
      path,
      `an idx file of ${rank === 1 ? 'labels' : 'images'} (it begins with 0000080${rank})`,
      header.subarray(0, 4).toString('hex') || 'an empty file',
      FIX,
    );
  }
  const dimensions = Array.from({ length: rank }, (_, axis) => header.readUInt32BE(4 + 4 * axis));
  const length = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (file.size - header.length !== length) {
    throw importError(
      path,
      `${length} bytes for ${dimensions.join(' x ')} values`,
      `${file.size - header.length}`,
      'It is not whole: download it once more.',
    );
  }
  return dimensions;
}
