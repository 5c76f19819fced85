import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Publication } from './data-file.js';
import { fileError, readDataFile } from './data-file.js';

/** An array of unsigned bytes, as MNIST's idx format stores it. */
export interface IdxArray {
  /** The file that it was read from. */
  path: string;
  /** From the outermost to the innermost. */
  dimensions: number[];
  values: Uint8Array;
}

/**
 * Reads `directory/name`, or `directory/name.gz` if there is no such file. Compressed bytes are recognised by their
 * content, since some downloads lose the `.gz` of the name.
 *
 * The format: a magic number (two zero bytes, 8 for unsigned bytes, the number of dimensions), each dimension
 * as four bytes, big-endian, then the values.
 *
 * Thrown when there is no such file (`missing-file`), it cannot be read (`unreadable-file`), or it is not an idx
 * file of `rank` dimensions and of exactly the length that its header promises (`malformed-file`).
 */
export async function readIdx(
  directory: string,
  name: string,
  rank: number,
  publication: Publication,
): Promise<IdxArray> {
  const plain = join(directory, name);
  for (const path of [plain, `${plain}.gz`]) {
    const stored = await readDataFile(path, publication);
    if (stored) return parseIdx(decompress(stored, path, publication), path, rank, publication);
  }
  throw fileError('missing-file', plain, 'this file, or the same with .gz', 'neither', publication);
}

function decompress(bytes: Buffer, path: string, publication: Publication): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    const found = `${bytes.length} bytes that do not decompress (${(error as Error).message})`;
    throw fileError('malformed-file', path, 'gzip data', found, publication, error);
  }
}

function parseIdx(bytes: Buffer, path: string, rank: number, publication: Publication): IdxArray {
  const malformed = (expected: string, found: string) =>
    fileError('malformed-file', path, expected, found, publication);
  const headerLength = 4 + 4 * rank;
  if (bytes.length < headerLength) {
    throw malformed(`an idx header of ${headerLength} bytes`, `${bytes.length} bytes`);
  }
  const magic = bytes.readUInt32BE(0);
  const expectedMagic = 0x0800 + rank;
  if (magic !== expectedMagic) throw malformed(`magic number ${hex(expectedMagic)}`, hex(magic));
  const dimensions = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const length = headerLength + dimensions.reduce((product, dimension) => product * dimension, 1);
  if (bytes.length !== length) {
    throw malformed(`${length} bytes for ${dimensions.join(' x ')} values`, `${bytes.length} bytes`);
  }
  return { path, dimensions, values: new Uint8Array(bytes.subarray(headerLength)) };
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}
