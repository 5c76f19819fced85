import { type Dataset, type ImageSet, fillBatch } from '@galapagos/datasets';
import type { Random } from '@galapagos/dna';
import { type Tensor1D, type Tensor4D, tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import type { TrainingSettings } from './settings.js';

/** A batch on the selected back end. To be disposed, or used inside `tidy`. */
export interface Batch {
  /** [n, height, width, channels] */
  readonly images: Tensor4D;
  /** int32 [n] */
  readonly labels: Tensor1D;
}

/** The examples of a data set as batches of tensors. */
export class Examples {
  constructor(
    readonly dataset: Dataset,
    private readonly settings: Pick<TrainingSettings, 'padCrop' | 'flip'>,
  ) {}

  /** Training examples, augmented. */
  training(indices: ArrayLike<number>, random: Random): Batch {
    const { padCrop, flip } = this.settings;
    return this.#batch(this.dataset.train, indices, { padCrop, flip }, random);
  }

  /** So many examples of a set from one on, as they are. */
  plain(set: ImageSet, from: number, count: number): Batch {
    const indices = new Uint32Array(count);
    for (let i = 0; i < count; i++) indices[i] = from + i;
    return this.#batch(set, indices);
  }

  #batch(
    set: ImageSet,
    indices: ArrayLike<number>,
    augmentation?: { padCrop: number; flip: boolean },
    random?: Random,
  ): Batch {
    const { height, width, channels, normalization } = this.dataset;
    const images = new Float32Array(indices.length * height * width * channels);
    const labels = new Int32Array(indices.length);
    const draw = random === undefined ? undefined : () => random.next();
    fillBatch(this.dataset, set, indices, images, labels, normalization, augmentation, draw);
    return {
      images: tensor4d(images, [indices.length, height, width, channels], 'float32'),
      labels: tensor1d(labels, 'int32'),
    };
  }
}
