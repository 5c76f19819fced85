import type { Normalization } from './normalize.js';

/** The size of one image, in pixels and channels. */
export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/** Labelled images, read by their positions: in memory or in a file, which is not for the reader to know. */
export interface ImageSet {
  readonly count: number;
  /** One class index per image. */
  readonly labels: Uint16Array;
  /**
   * Copies images, one after the other, to the beginning of `into`: height * width * channels bytes each, HWC, 0 to 255.
   *
   * @param positions 0 to `count - 1`, in any order
   * @param into at least as long as the images
   *
   * Thrown when the file was cut short or changed since it was opened (`malformed-file`), or the operating system does
   * not hand it over (`unreadable-file`).
   */
  read(positions: ArrayLike<number>, into: Uint8Array): void;
}

/** The three parts of a split. */
export interface Parts {
  train: ImageSet;
  validation: ImageSet;
  test: ImageSet;
}

/** What a data set holds, apart from what follows from that. */
export interface Contents extends ImageShape, Parts {
  /** The source that it was loaded from, or the name that it was packed under. */
  name: string;
  /** The name of each class; a label is an index into it. */
  classes: string[];
}

/** A data set, split: `train` teaches, `validation` is the fitness, `test` is looked at once, at the end. */
export interface Dataset extends Contents {
  /** Of the training examples. */
  normalization: Normalization;
  /** SHA-256 (hexadecimal) of the contents, see `summarize`; recorded with an experiment. */
  checksum: string;
  /** The packed file that the images are read from; absent where they are in memory. */
  file?: string;
  /** Closes the file; no image can be read afterwards. */
  close(): void;
}

/** What a source yields before the split. */
export interface Source extends ImageShape {
  classes: string[];
  /** The examples from which are taken `train` and, where they are absent below, `validation` and `test`. */
  pool: ImageSet;
  ownValidation?: ImageSet;
  /** The test set that the data set was published with. */
  ownTest?: ImageSet;
}

/** The bytes of one image. */
export function sizeOf({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}
