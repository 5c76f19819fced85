import { createHash } from 'node:crypto';

/** The size of one image, in pixels and channels. */
export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/** Labelled images, one after the other. */
export interface ImageSet {
  /** NHWC: `count * height * width * channels` bytes, 0 to 255. */
  images: Uint8Array;
  /** One class index per image. */
  labels: Uint8Array;
  count: number;
}

/** A data set, split: `train` teaches, `validation` is the fitness, `test` is looked at once, at the end. */
export interface Dataset extends ImageShape {
  /** The source that it was loaded from. */
  name: string;
  /** The name of each class; a label is an index into it. */
  classes: string[];
  train: ImageSet;
  validation: ImageSet;
  test: ImageSet;
  /** SHA-256 (hexadecimal) over sizes, classes and every byte of the three sets in order; recorded with an experiment. */
  checksum: string;
}

/** What a source yields before the split. */
export interface Source extends ImageShape {
  classes: string[];
  /** The examples from which `train` and `validation` (and `test`, where `ownTest` is absent) are taken. */
  pool: ImageSet;
  /** The test set that the data set was published with. */
  ownTest?: ImageSet;
}

/** The checksum of a data set; its order of bytes is fixed, or recorded checksums would lose their meaning. */
export function checksumOf(dataset: Omit<Dataset, 'checksum'>): string {
  const { name, height, width, channels, classes, train, validation, test } = dataset;
  const counts = [train.count, validation.count, test.count];
  const hash = createHash('sha256');
  hash.update(JSON.stringify([name, height, width, channels, classes, counts]));
  for (const set of [train, validation, test]) hash.update(set.labels).update(set.images);
  return hash.digest('hex');
}
