import { DatasetError } from '../errors.js';

/** A decoded image: HWC bytes. */
export interface RawImage {
  height: number;
  width: number;
  channels: number;
  pixels: Uint8Array;
}

/** Labelled images of any size that are decoded one by one. */
export interface RawSet {
  count: number;
  /** The class index of each image. */
  labels: ArrayLike<number>;
  /** What to call an image in a message. */
  nameOf(index: number): string;
  /** Thrown when this image cannot be decoded: `BrokenImage`. */
  image(index: number): Promise<RawImage>;
}

/** What an import begins with. */
export interface RawSource {
  classes: string[];
  /** Validation and test are taken from here, where the source has none of its own. */
  pool: RawSet;
  validation?: RawSet;
  test?: RawSet;
  /** What it is, in words. */
  origin: string;
  /** What was passed over, and why: lines for a person. */
  notes: string[];
  close(): void;
}

/** Thrown when one image cannot be decoded, which need not end an import. */
export class BrokenImage extends Error {
  override readonly name = 'BrokenImage';
}

/** An error about what is to be imported: which, what was expected, what was found, and what to do. */
export function importError(path: string, expected: string, found: string, fix: string): DatasetError {
  return new DatasetError('malformed-file', `${path}: expected ${expected}, found ${found}. ${fix}`);
}

/** The error about a file that the operating system does not hand over. */
export function unreadable(path: string, cause: unknown): DatasetError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT'
    ? new DatasetError('missing-file', `${path}: no such file or folder.`, { cause })
    : new DatasetError('unreadable-file', `${path}: cannot be read (${code ?? message}).`, { cause });
}
