import { DatasetError } from './errors.js';

/**
 * What may be done to a training image without changing its class. For each image, in this order, the random
 * source is drawn from twice for `padCrop` (rows, columns) and once for `flip`.
 */
export interface Augmentation {
  /**
   * Pads the image by so many pixels on every side, then cuts a random image of the old size out of it. The padding is
   * 0 after normalisation, so it has the mean colour of the training images.
   *
   * @default 0
   */
  padCrop?: number | undefined;
  /**
   * Mirrors half of the images left to right, after the crop.
   *
   * @default false
   */
  flip?: boolean | undefined;
}

/** Where an augmented image lies: its pixel (0, 0) is pixel (`down`, `right`) of the original, before it is mirrored. */
export interface Placement {
  down: number;
  right: number;
  mirrored: boolean;
}

/** Thrown when the padding is not a whole number, or random numbers are needed and there are none (`bad-argument`). */
export function drawPlacement(augmentation: Augmentation, random?: () => number): Placement {
  const { padCrop = 0, flip = false } = augmentation;
  if (padCrop === 0 && !flip) return { down: 0, right: 0, mirrored: false };
  if (!Number.isInteger(padCrop) || padCrop < 0) {
    throw new DatasetError('bad-argument', `padCrop must be a whole number of pixels, not ${padCrop}.`);
  }
  if (!random) throw new DatasetError('bad-argument', 'An augmentation needs a source of random numbers.');
  const shift = (): number => (padCrop === 0 ? 0 : Math.floor(random() * (2 * padCrop + 1)) - padCrop);
  return { down: shift(), right: shift(), mirrored: flip && random() < 0.5 };
}
