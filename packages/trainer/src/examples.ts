import type { NetworkBatch } from '@galapagos/backend-simd';
import { type Dataset, type ImageSet, fillBatch } from '@galapagos/datasets';
import type { Random } from '@galapagos/dna';
import type { TrainingSettings } from './settings.js';

/** Fills batches with the examples of a data set. */
export class Examples {
  constructor(
    readonly dataset: Dataset,
    private readonly settings: Pick<TrainingSettings, 'padCrop' | 'flip'>,
  ) {}

  /** Training examples, augmented; as many as the batch takes. */
  training(indices: ArrayLike<number>, random: Random, into: NetworkBatch): void {
    this.#fill(this.dataset.train, indices, into, this.settings, () => random.next());
  }

  /** So many examples of a set from one on, as they are; no more than the batch takes. */
  plain(set: ImageSet, from: number, count: number, into: NetworkBatch): void {
    const indices = new Uint32Array(count);
    for (let i = 0; i < count; i++) indices[i] = from + i;
    this.#fill(set, indices, into);
  }

  #fill(
    set: ImageSet,
    indices: ArrayLike<number>,
    { images, labels }: NetworkBatch,
    augmentation?: { padCrop: number; flip: boolean },
    random?: () => number,
  ): void {
    const { dataset } = this;
    fillBatch(dataset, set, indices, images, labels, dataset.normalization, augmentation, random);
  }
}
