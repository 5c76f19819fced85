import type { ImageSet, ImageShape, Source } from './dataset.js';
import { sizeOf } from './dataset.js';
import { DatasetError } from './errors.js';

/**
 * Makes images smaller as they are read: every block of `factor` x `factor` pixels becomes its mean, rounded to the
 * nearest byte.
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

function poolSet(set: ImageSet, shape: ImageShape, factor: number): ImageSet {
  return {
    count: set.count,
    labels: set.labels,
    read: (positions, into) => {
      const whole = new Uint8Array(positions.length * sizeOf(shape));
      set.read(positions, whole);
      poolImages(whole, shape, factor, into);
    },
  };
}

/** The images lie one below the other, so together they are one tall image. */
function poolImages(
  images: Uint8Array,
  { width, channels }: ImageShape,
  factor: number,
  into: Uint8Array,
): void {
  const pixelsPerBlock = factor * factor;
  const rows = images.length / (width * channels);
  let out = 0;
  for (let top = 0; top < rows; top += factor) {
    for (let left = 0; left < width; left += factor) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let y = top; y < top + factor; y++) {
          for (let x = left; x < left + factor; x++) sum += images[(y * width + x) * channels + channel]!;
        }
        into[out++] = Math.floor(sum / pixelsPerBlock + 0.5);
      }
    }
  }
}
