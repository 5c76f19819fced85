import { statSync } from 'node:fs';
import { DatasetError } from '../errors.js';
import { PACK_MAGIC } from '../pack-format.js';
import type { Layout } from './arrays.js';
import { cifarIn, openCifar } from './cifar-folder.js';
import type { Shaping } from './decode.js';
import { idxFilesIn, idxLabelsBeside, openIdx } from './idx-files.js';
import { openImageFolder } from './image-folder.js';
import { openNpyPair } from './npy-pair.js';
import { openNpz } from './npz.js';
import { type RawSource, importError, unreadable } from './raw-source.js';
import { RecordFile } from './record-file.js';

export const IMPORT_KINDS = ['folder', 'npz', 'npy', 'idx', 'cifar'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

export interface OpenOptions {
  /** Absent: what it looks like. */
  kind?: ImportKind | undefined;
  /** The labels, where they are in a file of their own. */
  labels?: string | undefined;
  layout?: Layout | undefined;
}

/** @param scratch A folder for what has to be unpacked. */
export async function openSource(
  path: string,
  { kind = kindOf(path), labels, layout }: OpenOptions,
  shaping: Shaping,
  scratch: string,
): Promise<RawSource> {
  if (labels !== undefined && kind !== 'npy' && kind !== 'idx') {
    throw new DatasetError('bad-options', `--labels does not go with ${kind}, which has its labels in it.`);
  }
  if (layout !== undefined && kind !== 'npy' && kind !== 'npz') {
    throw new DatasetError('bad-options', `--layout does not go with ${kind}: it is for .npy and .npz.`);
  }
  switch (kind) {
    case 'folder':
      return openImageFolder(path, shaping);
    case 'npz':
      return openNpz(path, layout, scratch);
    case 'npy':
      if (labels === undefined) {
        throw new DatasetError('bad-options', `${path}: its labels are missing: --labels labels.npy`);
      }
      return openNpyPair(path, labels, layout);
    case 'idx':
      return openIdx(idxPairs(path, labels), scratch);
    case 'cifar': {
      const variant = cifarIn(path);
      if (variant !== undefined) return openCifar(path, variant);
      throw importError(
        path,
        'the binary version of CIFAR-10 or CIFAR-100',
        'none of its files',
        'They are data_batch_1.bin and so on, or train.bin and test.bin.',
      );
    }
  }
}

function idxPairs(path: string, labels: string | undefined): Parameters<typeof openIdx>[0] {
  const labelsFor = (images: string): [string, string] => {
    const beside = idxLabelsBeside(images);
    if (beside === undefined) {
      throw new DatasetError('bad-options', `${images}: its labels are missing: --labels FILE`);
    }
    return [images, beside];
  };
  if (!isDirectory(path)) return { pool: labels === undefined ? labelsFor(path) : [path, labels] };
  if (labels !== undefined) {
    throw new DatasetError('bad-options', '--labels goes with one file of images, not with a folder.');
  }
  const { pool, test } = idxFilesIn(path);
  if (pool === undefined) {
    throw importError(
      path,
      'idx files of images',
      'none',
      'They are called as those of MNIST: train-images-idx3-ubyte.',
    );
  }
  return { pool: labelsFor(pool), ...(test && { test: labelsFor(test) }) };
}

function kindOf(path: string): ImportKind {
  if (isDirectory(path)) {
    if (cifarIn(path) !== undefined) return 'cifar';
    return idxFilesIn(path).pool === undefined ? 'folder' : 'idx';
  }
  const head = headOf(path);
  if (head.startsWith('PK')) return 'npz';
  if (head.startsWith('\x93NUMPY')) return 'npy';
  if (head.startsWith('\0\0\x08') || head.startsWith('\x1f\x8b')) return 'idx';
  if (head === PACK_MAGIC) {
    throw importError(
      path,
      'something to be packed',
      'a packed data set',
      'Use it as it is: galapagos init DIR --data FILE.',
    );
  }
  throw importError(
    path,
    'a folder of images, an .npz or .npy file, or idx or CIFAR files',
    head === '' ? 'an empty file' : `a file that begins with ${JSON.stringify(head)}`,
    'If it is one of these, say which: --kind.',
  );
}

function headOf(path: string): string {
  const file = new RecordFile(path);
  try {
    return file.upTo(0, 8).toString('latin1');
  } finally {
    file.close();
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}
