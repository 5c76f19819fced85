import type { ImageSet, ImageShape, Source } from './dataset.js';
import { DatasetError } from './errors.js';

/**
 * Makes images smaller: every block of `factor` x `factor` pixels becomes its mean, rounded to the nearest byte.
 *
 * Thrown when the factor does not divide height and width (`bad-options`).
 */
export function meanPool(source: Source, factor: number): Source {
  if (factor === 1) return source;
  const { height, width } = source;
  if (height % factor !== 0 || width % factor !== 0) {
    throw new DatasetError(
      'bad-options',
      `meanPool: ${factor} does not divide images of ${height} x ${width} pixels.`,
    );
  }
  return {
    ...source,
    height: height / factor,
    width: width / factor,
    pool: poolSet(source.pool, source, factor),
    ...(source.ownTest && { ownTest: poolSet(source.ownTest, source, factor) }),
  };
}

function poolSet(set: ImageSet, { height, width, channels }: ImageShape, factor: number): ImageSet {
  const pixelsPerBlock = factor * factor;
  const images = new Uint8Array(set.images.length / pixelsPerBlock);
  let out = 0;
  // The images of a set lie one below the other, so the set is one tall image.
  for (let top = 0; top < set.count * height; top += factor) {
    for (let left = 0; left < width; left += factor) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let y = top; y < top + factor; y++) {
          for (let x = left; x < left + factor; x++) sum += set.images[(y * width + x) * channels + channel]!;
        }
        images[out++] = Math.floor(sum / pixelsPerBlock + 0.5);
      }
    }
  }
  return { images, labels: set.labels, count: set.count };
}
