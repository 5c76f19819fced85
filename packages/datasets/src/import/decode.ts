import { readFile } from 'node:fs/promises';
import type sharp from 'sharp';
import type { Sharp } from 'sharp';
import { DatasetError } from '../errors.js';
import { BrokenImage, type RawImage, unreadable } from './raw-source.js';

/** What images are made into. */
export interface Shaping {
  size?: { height: number; width: number } | undefined;
  channels?: 1 | 3 | undefined;
}

/**
 * The library that decodes and resizes. It brings a binary for each platform, so it is loaded where it is needed only.
 *
 * Thrown when there is none for this platform (`no-decoder`).
 */
export async function loadSharp(): Promise<typeof sharp> {
  try {
    const { default: loaded } = await import('sharp');
    // Each image is read once.
    loaded.cache(false);
    return loaded;
  } catch (cause) {
    throw new DatasetError(
      'no-decoder',
      `Images are decoded and drawn by the package sharp, which does not load on this machine (${String(cause)}). ` +
        'Run npm ci here, or make the packed file on another machine: it can be read everywhere. ' +
        '.npy, .npz, idx and CIFAR files need no sharp, unless they are resized.',
      { cause },
    );
  }
}

/**
 * Decodes a PNG, JPEG or WebP: turned upright as its EXIF data says, made 8 bits a channel and sRGB (CMYK too), transparent
 * pixels laid on white.
 *
 * Thrown when it is broken (`BrokenImage`), or the operating system does not hand it over, which says nothing of it.
 */
export async function decodeFile(path: string, { size, channels }: Shaping): Promise<RawImage> {
  const open = await loadSharp();
  const encoded = await readEncoded(path);
  try {
    // Truncated is an error too, a pixel density that makes no sense is not.
    const input = open(encoded, { failOn: 'error', autoOrient: true });
    const { space = '', hasAlpha } = await input.metadata();
    const isGray = channels === undefined ? ['b-w', 'grey16'].includes(space) : channels === 1;
    let image = hasAlpha ? input.flatten({ background: '#ffffff' }) : input;
    if (size !== undefined) image = image.resize({ ...size, fit: 'fill' });
    return await rawOf(image.toColourspace(isGray ? 'b-w' : 'srgb'), isGray ? 1 : 3);
  } catch (error) {
    throw new BrokenImage(firstLine(error), { cause: error });
  }
}

async function readEncoded(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') throw new BrokenImage('is a folder');
    throw unreadable(path, error);
  }
}

/** The same for an image that is decoded already. */
export async function reshape(image: RawImage, { size, channels }: Shaping): Promise<RawImage> {
  const { height, width, channels: before } = image;
  const isSized = size === undefined || (size.height === height && size.width === width);
  if (isSized && (channels === undefined || channels === before)) return image;
  if (before !== 1 && before !== 3) {
    throw new DatasetError(
      'bad-options',
      `Images of ${before} channels are taken as they are: leave out --size, --gray and --channels.`,
    );
  }
  const open = await loadSharp();
  const input = open(image.pixels, { raw: { height, width, channels: before } });
  const resized = isSized ? input : input.resize({ ...size, fit: 'fill' });
  const after = channels ?? before;
  return await rawOf(resized.toColourspace(after === 1 ? 'b-w' : 'srgb'), after);
}

async function rawOf(image: Sharp, channels: number): Promise<RawImage> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { height, width } = info;
  if (info.channels !== channels) throw new Error(`${info.channels} channels came out, not ${channels}`);
  return { height, width, channels, pixels: data };
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = (text.split('\n')[0] ?? '').replace(/^Input (file|buffer) /, '').replace(/^.*?: (?=\w)/, '');
  // Of two that fail at once the library says what is wrong with one only.
  return line === 'Unknown error' ? 'cannot be decoded' : line;
}
