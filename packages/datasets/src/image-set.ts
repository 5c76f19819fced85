import type { ImageSet } from './dataset.js';

/** About so many bytes are read at once where all images of a set are gone through. */
const BLOCK_BYTES = 2 ** 20;

/** @param images one after the other, `size` bytes each */
export function imagesInMemory(images: Uint8Array, labels: ArrayLike<number>, size: number): ImageSet {
  return {
    count: labels.length,
    labels: Uint16Array.from(labels),
    read: (positions, into) => {
      for (let at = 0; at < positions.length; at++) {
        const start = positions[at]! * size;
        into.set(images.subarray(start, start + size), at * size);
      }
    },
  };
}

/** The chosen images of a set in the order of the positions; nothing is copied but labels. */
export function select(set: ImageSet, chosen: Uint32Array): ImageSet {
  return {
    count: chosen.length,
    labels: Uint16Array.from(chosen, (position) => set.labels[position]!),
    read: (positions, into) => {
      set.read(
        Uint32Array.from(positions, (position) => chosen[position]!),
        into,
      );
    },
  };
}

/** Several sets as one, in their order; nothing is copied but labels. */
export function concatenate(sets: readonly ImageSet[], size: number): ImageSet {
  const labels = new Uint16Array(sets.reduce((sum, set) => sum + set.count, 0));
  const starts: number[] = [];
  let start = 0;
  for (const set of sets) {
    labels.set(set.labels, start);
    starts.push(start);
    start += set.count;
  }
  return {
    count: labels.length,
    labels,
    read: (positions, into) => {
      for (let at = 0; at < positions.length; at++) {
        const position = positions[at]!;
        const index = starts.findLastIndex((first) => first <= position);
        sets[index]!.read([position - starts[index]!], into.subarray(at * size));
      }
    },
  };
}

/** All images of a set in their order, about a megabyte at a time; a block is overwritten by the next. */
export function* blocksOf(set: ImageSet, size: number): Generator<Uint8Array> {
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / size));
  const block = new Uint8Array(Math.min(perBlock, set.count) * size);
  for (let from = 0; from < set.count; from += perBlock) {
    const positions = Uint32Array.from(
      { length: Math.min(perBlock, set.count - from) },
      (_, at) => from + at,
    );
    set.read(positions, block);
    yield block.subarray(0, positions.length * size);
  }
}
