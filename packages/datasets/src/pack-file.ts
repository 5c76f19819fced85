import { closeSync, readSync } from 'node:fs';
import { isSystemError } from './cache.js';
import type { Dataset, ImageSet, Parts } from './dataset.js';
import { sizeOf } from './dataset.js';
import { DatasetError } from './errors.js';
import { imagesInMemory } from './image-set.js';
import { type Complaints, OpenFile, openToRead } from './open-file.js';
import {
  PACK_MAGIC,
  PREFIX_BYTES,
  type PackHeader,
  type PackLayout,
  decodeHeader,
  decodePrefix,
  layoutOf,
} from './pack-format.js';
import { summarize } from './summarize.js';

const REMEDY =
  'Copy it here from where it is whole, or make it again with galapagos data import: the same images and options give the same file.';

/** So large may a set be that every process keeps for itself. */
const KEPT_BYTES = 8 * 2 ** 20;

/** Whether a path is that of a file that begins as a packed data set does; not whether it is a whole one. */
export function isPack(path: string): boolean {
  try {
    const descriptor = openToRead(path);
    try {
      const head = Buffer.alloc(PACK_MAGIC.length);
      return (
        readSync(descriptor, head, 0, head.length, 0) === head.length &&
        head.toString('latin1') === PACK_MAGIC
      );
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    // Not there, a folder, not ours to read: whoever opens it says so.
    if (isSystemError(error)) return false;
    throw error;
  }
}

/**
 * A packed data set that is open. Only its labels are in memory, and sets of a few megabytes; all other images are read
 * from the file, so what the processes of a host share is the host's page cache.
 *
 * Thrown by `open` when there is no such file (`missing-file`), it cannot be read (`unreadable-file`), or it is not a
 * packed data set or not a whole one (`malformed-file`).
 */
export class PackFile {
  static open(path: string): PackFile {
    const file = new OpenFile(path, complaintsAbout(path));
    try {
      return new PackFile(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  readonly header: PackHeader;
  readonly parts: Parts;
  readonly #onDisk: Parts;
  readonly #file: OpenFile;
  #stamp: string;

  private constructor(file: OpenFile) {
    this.#file = file;
    this.#stamp = file.stamp();
    const { header, layout } = readHead(file);
    this.header = header;
    const { train, validation, test } = header.counts;
    const labels = readLabels(file, layout.labels, train + validation + test);
    // Where there are few classes the checksum covers one of the two bytes of a label.
    const wrong = labels.findIndex((label) => label >= header.classes.length);
    if (wrong !== -1) {
      throw malformed(
        file.path,
        `labels below ${header.classes.length}`,
        `${labels[wrong]} for image ${wrong}`,
      );
    }
    const part = (from: number, count: number): ImageSet => ({
      count,
      labels: labels.subarray(from, from + count),
      read: (positions, into) => {
        this.#readImages(layout.images + from * sizeOf(header), positions, into);
        this.#refuseChange();
      },
    });
    this.#onDisk = {
      train: part(0, train),
      validation: part(train, validation),
      test: part(train + validation, test),
    };
    const { train: learned, validation: shown, test: hidden } = this.#onDisk;
    this.parts = { train: this.#kept(learned), validation: this.#kept(shown), test: hidden };
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Reads all of it. Thrown when an image, a label or the normalisation is not what it was when the file was made
   * (`malformed-file`).
   */
  verify(): void {
    this.#stamp = this.#file.stamp();
    const { checksum, normalization } = this.header;
    const found = summarize({ ...this.header, ...this.#onDisk });
    if (found.checksum !== checksum) {
      throw this.#spoilt(`contents with the SHA-256 ${checksum}`, found.checksum);
    }
    // The checksum does not cover it, and what is trained depends on it.
    if (JSON.stringify(found.normalization) !== JSON.stringify(normalization)) {
      throw this.#spoilt(
        `the normalisation of its training images, ${JSON.stringify(found.normalization)}`,
        JSON.stringify(normalization),
      );
    }
  }

  /** As a data set. */
  dataset(): Dataset {
    const { name, height, width, channels, classes, normalization, checksum } = this.header;
    return {
      ...{ name, height, width, channels, classes, normalization, checksum },
      ...this.parts,
      file: this.path,
      close: () => this.close(),
    };
  }

  close(): void {
    this.#file.close();
  }

  #spoilt(expected: string, found: string): DatasetError {
    // So that the next reading fails too.
    this.#stamp = '';
    return malformed(this.path, expected, found);
  }

  /** A small set in memory from its first reading on: a reading for each image is a large part of a small step. */
  #kept(set: ImageSet): ImageSet {
    const size = sizeOf(this.header);
    if (set.count * size > KEPT_BYTES) return set;
    let kept: ImageSet | undefined;
    const keep = (): ImageSet => {
      const images = new Uint8Array(set.count * size);
      set.read(
        Uint32Array.from({ length: set.count }, (_, at) => at),
        images,
      );
      return imagesInMemory(images, set.labels, size);
    };
    return {
      ...set,
      read: (positions, into) => {
        kept ??= keep();
        kept.read(positions, into);
        this.#refuseChange();
      },
    };
  }

  #readImages(start: number, positions: ArrayLike<number>, into: Uint8Array): void {
    const size = sizeOf(this.header);
    // Neighbours are one read: so going through all of the file is fast.
    for (let at = 0; at < positions.length;) {
      let run = 1;
      while (positions[at + run] === positions[at]! + run) run++;
      this.#file.read(into, at * size, run * size, start + positions[at]! * size);
      at += run;
    }
  }

  /** After the reading, so that nothing that was written meanwhile goes unnoticed. */
  #refuseChange(): void {
    if (this.#file.stamp() === this.#stamp) return;
    // Somebody may only have set its time.
    this.verify();
  }
}

function readHead(file: OpenFile): { header: PackHeader; layout: PackLayout } {
  const noPack = (found: string) => malformed(file.path, 'a packed data set', found);
  const prefix = decodePrefix(file.upTo(PREFIX_BYTES, 0));
  if ('wrong' in prefix) throw noPack(prefix.wrong);
  const header = decodeHeader(file.upTo(prefix.headerBytes, PREFIX_BYTES), prefix.hash);
  if ('wrong' in header) throw noPack(header.wrong);
  const layout = layoutOf(prefix.headerBytes, header.counts, header);
  const { size } = file;
  if (size !== layout.end) throw malformed(file.path, `${layout.end} bytes`, `${size} bytes`);
  return { header, layout };
}

function readLabels(file: OpenFile, position: number, count: number): Uint16Array {
  const bytes = Buffer.alloc(2 * count);
  file.read(bytes, 0, bytes.length, position);
  return Uint16Array.from({ length: count }, (_, at) => bytes.readUInt16LE(2 * at));
}

function malformed(path: string, expected: string, found: string): DatasetError {
  return new DatasetError('malformed-file', `${path}: expected ${expected}, found ${found}. ${REMEDY}`);
}

function complaintsAbout(path: string): Complaints {
  return {
    cutShort: (expected, found) => malformed(path, expected, found),
    unreadable: (cause) => {
      const { code, message } = cause as NodeJS.ErrnoException;
      const [kind, found] =
        code === 'ENOENT'
          ? (['missing-file', 'no such file'] as const)
          : (['unreadable-file', code ?? message] as const);
      return new DatasetError(
        kind,
        `${path}: expected a packed data set that can be read, found ${found}. ${REMEDY}`,
        { cause },
      );
    },
  };
}
