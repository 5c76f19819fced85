import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, type ZipFile, openPromise } from 'yauzl';
import { type Layout, setOfArrays } from './arrays.js';
import { type NpyArray, openNpy } from './npy.js';
import { type RawSource, importError, unreadable } from './raw-source.js';
import { RecordFile } from './record-file.js';
import { classesOf } from './labels.js';

/** How the members of an .npz are called, images and labels; the first that are there count. */
const TRAIN = [
  ['x_train', 'y_train'],
  ['train_images', 'train_labels'],
  ['train_x', 'train_y'],
  ['x', 'y'],
  ['images', 'labels'],
  ['data', 'labels'],
  ['arr_0', 'arr_1'],
] as const;
const VALIDATION = [
  ['x_val', 'y_val'],
  ['x_valid', 'y_valid'],
  ['x_validation', 'y_validation'],
  ['val_images', 'val_labels'],
] as const;
const TEST = [
  ['x_test', 'y_test'],
  ['test_images', 'test_labels'],
  ['test_x', 'test_y'],
] as const;

/** @param scratch A folder for what is unpacked. */
export async function openNpz(path: string, layout: Layout | undefined, scratch: string): Promise<RawSource> {
  const files = await unpack(path, scratch);
  const arrays = new Map<string, NpyArray>();
  const opened: RecordFile[] = [];
  const close = () => opened.forEach((file) => file.close());
  try {
    for (const [name, file] of files) {
      const record = new RecordFile(file);
      opened.push(record);
      arrays.set(name.toLowerCase(), openNpy(record, `${path} (${name})`));
    }
    const pair = (names: readonly (readonly [string, string])[]) => {
      const [x, y] = names.find(([images, labels]) => arrays.has(images) && arrays.has(labels)) ?? [];
      const [images, labels] = [arrays.get(x ?? ''), arrays.get(y ?? '')];
      return images && labels && setOfArrays(images, labels, layout);
    };
    const pool = pair(TRAIN);
    if (pool === undefined) {
      const found = [...files.keys()].join(', ') || 'none';
      throw importError(
        path,
        'arrays called x and y, or x_train and y_train',
        found,
        "Save them with np.savez('data.npz', x=images, y=labels).",
      );
    }
    const validation = pair(VALIDATION);
    const test = pair(TEST);
    const sets = [pool, validation, test].flatMap((set) => set ?? []);
    return {
      classes: classesOf(path, sets),
      pool,
      ...(validation && { validation }),
      ...(test && { test }),
      origin: 'NumPy arrays (.npz)',
      notes: [],
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Unpacks the arrays: where each, by its name without `.npy`, now is. */
async function unpack(path: string, scratch: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  let zip: ZipFile;
  try {
    zip = await openPromise(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw unreadable(path, error);
    throw notWhole(path, error);
  }
  try {
    for await (const entry of zip.eachEntry()) {
      const { fileName } = entry;
      if (!fileName.endsWith('.npy')) continue;
      const file = join(scratch, `${files.size}.npy`);
      const stream = await zip.openReadStreamPromise(entry);
      await pipeline(stream, verifying(entry), createWriteStream(file));
      files.set(fileName.slice(0, -'.npy'.length), file);
    }
  } catch (error) {
    // What the disk says when it is full is not about the archive.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw notWhole(path, error);
  } finally {
    zip.close();
  }
  return files;
}

/** Passes bytes on, and fails at their end when they are not those that were packed. */
function verifying({ fileName, crc32: expected }: Entry): Transform {
  let found = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      found = crc32(chunk, found);
      done(null, chunk);
    },
    flush: (done) => done(found === expected ? null : new Error(`${fileName}, whose CRC-32 is wrong`)),
  });
}

function notWhole(path: string, error: unknown) {
  const found = error instanceof Error ? error.message : String(error);
  return importError(
    path,
    'an .npz file, which is a ZIP archive',
    found.replace(/\.$/, ''),
    "Save it once more with np.savez('data.npz', x=images, y=labels).",
  );
}
