import { OpenFile } from '../open-file.js';
import { type RawImage, importError, unreadable } from './raw-source.js';

const AGAIN = 'Import it when nobody writes into it any more.';

/** A file that is read at positions, so that its size is no matter, and that must stay as it is meanwhile. */
export class RecordFile {
  readonly #file: OpenFile;
  readonly #stamp: string;
  readonly size: number;

  /** @param path Named in errors. */
  constructor(readonly path: string) {
    this.#file = new OpenFile(path, {
      unreadable: (cause) => unreadable(path, cause),
      cutShort: (expected, found) => importError(path, expected, found, AGAIN),
    });
    this.size = this.#file.size;
    this.#stamp = this.#file.stamp();
  }

  /** So many bytes, or as many as there are. */
  upTo(position: number, length: number): Buffer {
    return this.#file.upTo(Math.max(0, Math.min(length, this.size - position)), position);
  }

  /** So many bytes. Thrown when there are less, or the file is no longer what it was (`malformed-file`). */
  read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    this.#file.read(bytes, 0, length, position);
    if (this.#file.stamp() !== this.#stamp) {
      throw importError(this.path, 'a file that stays as it is', 'that it changed while it was read', AGAIN);
    }
    return bytes;
  }

  close(): void {
    this.#file.close();
  }
}

/** CHW bytes as HWC. */
export function channelsLast(
  planes: Uint8Array,
  { height, width, channels }: Omit<RawImage, 'pixels'>,
): Uint8Array {
  const pixels = new Uint8Array(planes.length);
  const area = height * width;
  for (let at = 0; at < area; at++) {
    for (let channel = 0; channel < channels; channel++)
      pixels[at * channels + channel] = planes[channel * area + at]!;
  }
  return pixels;
}
