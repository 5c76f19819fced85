import type { Augmentation } from './augment.js';
import { drawPlacement } from './augment.js';
import type { ImageSet, ImageShape } from './dataset.js';
import { DatasetError } from './errors.js';
import type { Normalization } from './normalize.js';

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
 * or `augmentation` needs `random` and there is none (`bad-argument`).
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
  const size = shape.height * shape.width * shape.channels;
  check(set.images.length === set.count * size, `the set's images are not ${size} bytes each`);
  check(out.length >= indices.length * size, `out holds ${out.length}, not ${indices.length * size} numbers`);
  check(
    labelsOut.length >= indices.length,
    `labelsOut holds ${labelsOut.length}, not ${indices.length} labels`,
  );
  check(
    normalization.mean.length === shape.channels && normalization.deviation.length === shape.channels,
    `the normalisation has ${normalization.mean.length} channels, the images have ${shape.channels}`,
  );
  const levels = normalizedLevels(normalization);
  for (let position = 0; position < indices.length; position++) {
    const index = indices[position]!;
    check(Number.isInteger(index) && index >= 0 && index < set.count, `no example ${index} of ${set.count}`);
    const image = set.images.subarray(index * size, (index + 1) * size);
    labelsOut[position] = set.labels[index]!;
    const { down, right, mirrored } = drawPlacement(augmentation, random);
    placeImage(image, shape, levels, out, position * size, down, right, mirrored);
  }
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

function placeImage(
  image: Uint8Array,
  { height, width, channels }: ImageShape,
  levels: Float32Array,
  out: Float32Array,
  offset: number,
  down: number,
  right: number,
  mirrored: boolean,
): void {
  let to = offset;
  for (let y = 0; y < height; y++) {
    const fromY = y + down;
    const rowInside = fromY >= 0 && fromY < height;
    for (let x = 0; x < width; x++) {
      const fromX = (mirrored ? width - 1 - x : x) + right;
      const inside = rowInside && fromX >= 0 && fromX < width;
      const from = (fromY * width + fromX) * channels;
      for (let channel = 0; channel < channels; channel++) {
        out[to++] = inside ? levels[(channel << 8) | image[from + channel]!]! : 0;
      }
    }
  }
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new DatasetError('bad-argument', `fillBatch: ${otherwise}.`);
}
