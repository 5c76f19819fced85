import { closeSync, openSync } from 'node:fs';
import { type ImageSet, type ImageShape, sizeOf } from '../dataset.js';
import { DatasetError } from '../errors.js';
import { writeAll } from '../open-file.js';
import { LARGEST_SIZE } from '../pack-format.js';
import { type Shaping, reshape } from './decode.js';
import { BrokenImage, type RawImage, type RawSet } from './raw-source.js';
import { RecordFile } from './record-file.js';

/** So many images are decoded at once. */
const AT_ONCE = 8;

/** Images that could not be decoded. */
export interface Broken {
  count: number;
  /** The first ten, with the reason of each. */
  examples: string[];
}

/** What one import does to all of its sets. */
export interface Workshop {
  shaping: Shaping;
  /** The shape of the first image, which all others must have too, and that image's name. */
  first?: { shape: ImageShape; name: string };
  broken: Broken;
  /** Told after every few images. */
  onImage(done: number): void;
  /** Aborted: end. */
  signal: AbortSignal | undefined;
}

/**
 * Decodes all images of a set into a file, one after the other; those that are broken are noted and passed over.
 *
 * Thrown when two images differ in size or channels (`malformed-file`).
 */
export async function spool(
  raw: RawSet,
  path: string,
  workshop: Workshop,
): Promise<ImageSet & { close(): void }> {
  const labels: number[] = [];
  const descriptor = openSync(path, 'wx');
  try {
    for (let from = 0; from < raw.count; from += AT_ONCE) {
      workshop.signal?.throwIfAborted();
      const indices = Array.from({ length: Math.min(AT_ONCE, raw.count - from) }, (_, at) => from + at);
      const images = await Promise.all(indices.map((index) => decode(raw, index, workshop)));
      images.forEach((image, at) => {
        if (image === undefined) return;
        const index = from + at;
        refuseImpossible(image, raw.nameOf(index));
        refuseOtherShape(image, raw.nameOf(index), workshop);
        writeAll(descriptor, image.pixels);
        labels.push(raw.labels[index]!);
      });
      workshop.onImage(indices.length);
    }
  } finally {
    closeSync(descriptor);
  }
  const size = workshop.first === undefined ? 0 : sizeOf(workshop.first.shape);
  const file = new RecordFile(path);
  return {
    count: labels.length,
    labels: Uint16Array.from(labels),
    read: (positions, into) => {
      for (let at = 0; at < positions.length; at++)
        into.set(file.read(positions[at]! * size, size), at * size);
    },
    close: () => file.close(),
  };
}

async function decode(
  raw: RawSet,
  index: number,
  { shaping, broken }: Workshop,
): Promise<RawImage | undefined> {
  try {
    return await reshape(await raw.image(index), shaping);
  } catch (error) {
    if (!(error instanceof BrokenImage)) throw error;
    broken.count++;
    if (broken.examples.length < 10) broken.examples.push(`${raw.nameOf(index)}: ${error.message}`);
    return undefined;
  }
}

function refuseOtherShape({ height, width, channels }: RawImage, name: string, workshop: Workshop): void {
  workshop.first ??= { shape: { height, width, channels }, name };
  const { shape, name: firstName } = workshop.first;
  if (shape.height !== height || shape.width !== width) {
    throw new DatasetError(
      'malformed-file',
      `${firstName} has ${shape.height} x ${shape.width} pixels, ${name} has ${height} x ${width}. ` +
        'All images must have one size: make them so with --size 32, or with height x width: --size 32x48.',
    );
  }
  if (shape.channels !== channels) {
    const say = (count: number) => (count === 1 ? 'gray' : 'coloured');
    throw new DatasetError(
      'malformed-file',
      `${firstName} is ${say(shape.channels)}, ${name} is ${say(channels)}. ` +
        'Make all of them coloured with --channels 3, or gray with --gray.',
    );
  }
}

function refuseImpossible(image: RawImage, name: string): void {
  const { height, width, channels, pixels } = image;
  if ([height, width, channels].some((size) => size < 1 || size > LARGEST_SIZE)) {
    throw new DatasetError(
      'malformed-file',
      `${name}: expected 1 to ${LARGEST_SIZE} pixels each way, found ${height} x ${width} x ${channels}.`,
    );
  }
  const { length } = pixels;
  // Or all images after it would be shifted.
  if (length === sizeOf(image)) return;
  throw new DatasetError('malformed-file', `${name}: expected ${sizeOf(image)} bytes, found ${length}.`);
}
