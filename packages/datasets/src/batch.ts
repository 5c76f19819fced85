import type { Augmentation, Placement } from './augment.js';
import { drawPlacement } from './augment.js';
import type { ImageSet, ImageShape } from './dataset.js';
import { sizeOf } from './dataset.js';
import { DatasetError } from './errors.js';
import type { Normalization } from './normalize.js';

/** The images of one batch as they were read: kept from batch to batch, since making it anew costs more than filling it. */
let bytes = new Uint8Array(0);

/**
 * Writes chosen examples into a batch: normalised, and augmented if asked.
 *
 * The random numbers drawn depend only on the number of examples and the augmentation (see `Augmentation`), so
 * training that continues from a saved random state sees the same images.
 *
 * @param shape the size of the images of `set`; a `Dataset` will do
 * @param indices which examples of `set`; n of them
 * @param out receives n * height * width * channels numbers, NHWC; may be longer, the rest is left alone
 * @param labelsOut receives n class indices; may be longer
 * @param normalization from the training examples, also for validation and test images
 * @param augmentation for training only; absent: the images as they are
 * @param random numbers in [0, 1)
 *
 * Thrown when an index is outside the set, a buffer is too short, the normalisation has another number of channels,
 * or `augmentation` needs `random` and there is none (`bad-argument`); and by `ImageSet.read`.
 */
export function fillBatch(
  shape: ImageShape,
  set: ImageSet,
  indices: ArrayLike<number>,
  out: Float32Array,
  labelsOut: Int32Array,
  normalization: Normalization,
  augmentation: Augmentation = {},
  random?: () => number,
): void {
  const size = sizeOf(shape);
  check(out.length >= indices.length * size, `out holds ${out.length}, not ${indices.length * size} numbers`);
  check(
    normalization.mean.length === shape.channels && normalization.deviation.length === shape.channels,
    `the normalisation has ${normalization.mean.length} channels, the images have ${shape.channels}`,
  );
  if (bytes.length < indices.length * size) bytes = new Uint8Array(indices.length * size);
  readBatch(shape, set, indices, bytes, labelsOut);
  const levels = levelsOf(normalization);
  for (let position = 0; position < indices.length; position++) {
    placeImage(bytes, shape, levels, out, position * size, drawPlacement(augmentation, random));
  }
}

/**
 * Reads chosen examples as they are: bytes and labels. For whoever places and normalises them by faster means than
 * `fillBatch`; where to, `drawPlacement` says.
 *
 * @param bytesOut receives n * height * width * channels bytes, NHWC; may be longer
 * @param labelsOut receives n class indices; may be longer
 *
 * Thrown when an index is outside the set or a buffer is too short (`bad-argument`), and by `ImageSet.read`.
 */
export function readBatch(
  shape: ImageShape,
  set: ImageSet,
  indices: ArrayLike<number>,
  bytesOut: Uint8Array,
  labelsOut: Int32Array,
): void {
  const needed = indices.length * sizeOf(shape);
  check(bytesOut.length >= needed, `there is room for ${bytesOut.length} bytes, not ${needed}`);
  check(
    labelsOut.length >= indices.length,
    `labelsOut holds ${labelsOut.length}, not ${indices.length} labels`,
  );
  for (let position = 0; position < indices.length; position++) {
    const index = indices[position]!;
    check(Number.isInteger(index) && index >= 0 && index < set.count, `no example ${index} of ${set.count}`);
    labelsOut[position] = set.labels[index]!;
  }
  set.read(indices, bytesOut);
}

/** Made once for each normalisation: it is as large as a small batch. */
const knownLevels = new WeakMap<Normalization, Float32Array>();

function levelsOf(normalization: Normalization): Float32Array {
  let levels = knownLevels.get(normalization);
  if (levels === undefined) knownLevels.set(normalization, (levels = normalizedLevels(normalization)));
  return levels;
}

/** The normalised value of each byte, 256 per channel: a look-up is cheaper than the arithmetic for each pixel. */
function normalizedLevels({ mean, deviation }: Normalization): Float32Array {
  const levels = new Float32Array(mean.length * 256);
  for (let at = 0; at < levels.length; at++) {
    const channel = at >> 8;
    levels[at] = ((at & 255) - mean[channel]!) / deviation[channel]!;
  }
  return levels;
}

/** Places the image that begins at `offset` of `images`, so that it begins there in `out` too. */
function placeImage(
  images: Uint8Array,
  { height, width, channels }: ImageShape,
  levels: Float32Array,
  out: Float32Array,
  offset: number,
  { down, right, mirrored }: Placement,
): void {
  // The columns of the batch whose pixels lie inside the image: no pixel has to be asked.
  const [first, end] = mirrored
    ? [Math.max(0, right), Math.min(width, width + right)]
    : [Math.max(0, -right), Math.min(width, width - right)];
  const step = mirrored ? -channels : channels;
  const rowLength = width * channels;
  const placeRow = channels === 3 ? placeRowOfColours : placeRowOfChannels;
  for (let y = 0; y < height; y++) {
    const fromY = y + down;
    const row = offset + y * rowLength;
    if (fromY < 0 || fromY >= height || first >= end) {
      out.fill(0, row, row + rowLength);
      continue;
    }
    const from = offset + (fromY * width + (mirrored ? width - 1 - first : first) + right) * channels;
    const to = row + first * channels;
    const toEnd = row + end * channels;
    if (first > 0) out.fill(0, row, to);
    placeRow(images, from, step, levels, out, to, toEnd, channels);
    if (end < width) out.fill(0, toEnd, row + rowLength);
  }
}

function placeRowOfChannels(
  images: Uint8Array,
  from: number,
  step: number,
  levels: Float32Array,
  out: Float32Array,
  to: number,
  toEnd: number,
  channels: number,
): void {
  for (let at = from; to < toEnd; at += step) {
    for (let channel = 0; channel < channels; channel++) {
      out[to++] = levels[(channel << 8) | images[at + channel]!]!;
    }
  }
}

/** The same for three channels, in half the time. */
function placeRowOfColours(
  images: Uint8Array,
  from: number,
  step: number,
  levels: Float32Array,
  out: Float32Array,
  to: number,
  toEnd: number,
): void {
  for (let at = from; to < toEnd; at += step, to += 3) {
    out[to] = levels[images[at]!]!;
    out[to + 1] = levels[256 | images[at + 1]!]!;
    out[to + 2] = levels[512 | images[at + 2]!]!;
  }
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new DatasetError('bad-argument', `a batch: ${otherwise}.`);
}
