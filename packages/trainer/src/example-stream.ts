import { type Random, type RandomState, SeededRandom } from '@galapagos/dna';
import { shuffledIndices } from '@galapagos/datasets';

/** Where a stream of examples is; a checkpoint stores it. */
export interface ExampleStreamState {
  /** The state of chance from which the present epoch was shuffled. */
  readonly epoch: RandomState;
  /** How many examples of the present epoch have been given out. */
  readonly position: number;
  /** The state of chance now, from which augmentations are drawn. */
  readonly random: RandomState;
}

/** The training examples in random order, epoch after epoch, each once an epoch. */
export class ExampleStream {
  #random: SeededRandom;
  #epoch: RandomState;
  #order: Uint32Array = new Uint32Array(0);
  #position: number;

  /** @param from A seed, or where another stream was. */
  constructor(
    private readonly count: number,
    from: string | ExampleStreamState,
  ) {
    if (typeof from === 'string') {
      this.#random = new SeededRandom(from);
      this.#epoch = this.#random.state;
      // As at the end of an epoch: the first is shuffled when it is needed.
      this.#position = count;
      return;
    }
    this.#epoch = from.epoch;
    this.#position = from.position;
    this.#random = new SeededRandom(from.epoch);
    if (this.#position < count) this.#order = this.#shuffle();
    this.#random = new SeededRandom(from.random);
  }

  /** Chance for augmentations: one stream with the order, so that all of it is in the state. */
  get random(): Random {
    return this.#random;
  }

  get state(): ExampleStreamState {
    return { epoch: this.#epoch, position: this.#position, random: this.#random.state };
  }

  /** The next `size` indices; a batch may reach over the end of an epoch. */
  next(size: number): Uint32Array {
    const batch = new Uint32Array(size);
    for (let i = 0; i < size; i++) {
      if (this.#position >= this.count) this.#beginEpoch();
      batch[i] = this.#order[this.#position++] ?? 0;
    }
    return batch;
  }

  #beginEpoch(): void {
    this.#epoch = this.#random.state;
    this.#order = this.#shuffle();
    this.#position = 0;
  }

  #shuffle(): Uint32Array {
    return shuffledIndices(this.count, () => this.#random.next());
  }
}
