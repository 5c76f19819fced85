import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type RawImage, unreadable } from './raw-source.js';

/** A file that is read at positions, so that its size is no matter. */
export class RecordFile {
  readonly #descriptor: number;
  readonly size: number;

  /** @param path Named in errors. */
  constructor(readonly path: string) {
    this.#descriptor = this.#asking(() => openSync(path, 'r'));
    this.size = this.#asking(() => fstatSync(this.#descriptor)).size;
  }

  /** So many bytes, or as many as there are. */
  read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.size - position)));
    for (let done = 0; done < bytes.length;) {
      const got = this.#asking(() =>
        readSync(this.#descriptor, bytes, done, bytes.length - done, position + done),
      );
      if (got === 0) return bytes.subarray(0, done);
      done += got;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #asking<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      throw unreadable(this.path, error);
    }
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
