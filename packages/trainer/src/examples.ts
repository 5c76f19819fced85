import type { ByteBatch, NetworkBatch } from '@galapagos/backend-simd';
import {
  type Augmentation,
  type Dataset,
  type ImageSet,
  drawPlacement,
  fillBatch,
  readBatch,
} from '@galapagos/datasets';
import type { Random } from '@galapagos/dna';
import type { TrainingSettings } from './settings.js';

/** Fills batches with the examples of a data set. */
export class Examples {
  constructor(
    readonly dataset: Dataset,
    private readonly settings: Pick<TrainingSettings, 'padCrop' | 'flip'>,
  ) {}

  /** Training examples, augmented; as many as the batch takes. */
  training(indices: ArrayLike<number>, random: Random, into: NetworkBatch | ByteBatch): void {
    this.#fill(this.dataset.train, indices, into, this.settings, () => random.next());
  }

  /** So many examples of a set from one on, as they are; no more than the batch takes. */
  plain(set: ImageSet, from: number, count: number, into: NetworkBatch | ByteBatch): void {
    const indices = new Uint32Array(count);
    for (let i = 0; i < count; i++) indices[i] = from + i;
    this.#fill(set, indices, into);
  }

  #fill(
    set: ImageSet,
    indices: ArrayLike<number>,
    batch: NetworkBatch | ByteBatch,
    augmentation: Augmentation = {},
    random?: () => number,
  ): void {
    const { dataset } = this;
    const { normalization } = dataset;
    if (!('bytes' in batch)) {
      const { images, labels } = batch;
      return fillBatch(dataset, set, indices, images, labels, normalization, augmentation, random);
    }
    const { bytes, labels, placements } = batch;
    readBatch(dataset, set, indices, bytes, labels);
    for (let i = 0; i < indices.length; i++) {
      const { down, right, mirrored } = drawPlacement(augmentation, random);
      placements[3 * i] = down;
      placements[3 * i + 1] = right;
      placements[3 * i + 2] = mirrored ? 1 : 0;
    }
  }
}
