import type { Block, Normalization } from './block.js';
import type { ImageShape } from './graph.js';
import type { NetworkMemory } from './network-memory.js';

/**
 * The examples of the next call, to be filled in before it. Views of the memory of the kernels: ask for them anew each
 * time, since a memory that has grown leaves old views empty.
 */
export interface NetworkBatch {
  readonly size: number;
  /** [size, height, width, channels] */
  readonly images: Float32Array;
  /** [size], from 0 to the number of classes - 1. */
  readonly labels: Int32Array;
}

/** Examples as bytes, which the network places and normalises: several times as fast as to fill in floats. */
export interface ByteBatch {
  readonly size: number;
  /** [size, height, width, channels] */
  readonly bytes: Uint8Array;
  /**
   * [size, 3]: down, right and whether it is mirrored (1, else 0). Pixel (0, 0) of what is placed is pixel (down, right)
   * of the image, before it is mirrored left to right; 0 where that reaches beyond the image.
   */
  readonly placements: Int32Array;
  /** [size], from 0 to the number of classes - 1. */
  readonly labels: Int32Array;
}

/** What a network takes that was made with this normalisation. */
export type BatchFor<N extends Normalization | undefined> = N extends undefined ? NetworkBatch : ByteBatch;

/** Views of the part of a network's memory that takes its examples. */
export function batchOf<N extends Normalization | undefined>(
  normalization: N,
  memory: NetworkMemory,
  block: Block,
  image: ImageShape,
  size: number,
): BatchFor<N> {
  const pixels = size * image.height * image.width * image.channels;
  const labels = memory.ints(block.labels, size);
  const batch: NetworkBatch | ByteBatch =
    normalization === undefined
      ? { size, labels, images: memory.floats(block.images, pixels) }
      : {
          size,
          labels,
          bytes: memory.bytes(block.images, pixels),
          placements: memory.ints(block.placements, 3 * size),
        };
  // One or the other by the same argument as the type.
  return batch as BatchFor<N>;
}
