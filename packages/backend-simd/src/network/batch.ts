import { KernelError } from '../errors.js';
import type { SimdBackend } from '../simd-backend.js';
import type { Block } from './block.js';
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

/** A batch that takes its images as bytes too, which is faster than to fill in floats. */
export interface ByteBatch extends NetworkBatch {
  /** [size, height, width, channels] */
  readonly bytes: Uint8Array;
  /**
   * [size, 3]: down, right and whether it is mirrored (1, else 0). Pixel (0, 0) of what is placed is pixel (down, right)
   * of the image, before it is mirrored left to right.
   */
  readonly placements: Int32Array;
  /**
   * Fills `images` from `bytes`, placed, every byte less the mean of its channel and divided by the deviation; 0 where
   * a placement reaches beyond the image.
   * @param count Of the first so many examples.
   * @throws KernelError `SHAPE` when there is not one mean and one deviation for each channel.
   */
  place(normalization: Normalization, count: number): void;
}

interface Normalization {
  readonly mean: ArrayLike<number>;
  readonly deviation: ArrayLike<number>;
}

/** Views of the part of a network's memory that takes its examples. */
export function batchOf(
  backend: SimdBackend,
  memory: NetworkMemory,
  block: Block,
  image: ImageShape,
  size: number,
): ByteBatch {
  const pixels = size * image.height * image.width * image.channels;
  return {
    size,
    images: memory.floats(block.images, pixels),
    labels: memory.ints(block.labels, size),
    bytes: memory.bytes(block.bytes, pixels),
    placements: memory.ints(block.placements, 3 * size),
    place: (normalization, count) => {
      if (!Number.isInteger(count) || count < 0 || count > size) {
        throw new KernelError('VALUE', `${count} examples of a batch of ${size}`);
      }
      place(backend, memory, block, image, normalization, count);
    },
  };
}

function place(
  backend: SimdBackend,
  memory: NetworkMemory,
  block: Block,
  { height, width, channels }: ImageShape,
  { mean, deviation }: Normalization,
  count: number,
): void {
  if (mean.length !== channels || deviation.length !== channels) {
    const found = `${mean.length} means and ${deviation.length} deviations`;
    throw new KernelError('SHAPE', `${found} for images of ${channels} channels`);
  }
  const { kernels } = backend;
  // First, since it may make the memory grow.
  const scratch = backend.scratch(kernels.place_images_scratch(width, channels));
  const scale = memory.floats(block.scale, channels);
  const shift = memory.floats(block.shift, channels);
  for (let channel = 0; channel < channels; channel++) {
    scale[channel] = 1 / (deviation[channel] ?? NaN);
    shift[channel] = -(mean[channel] ?? NaN) / (deviation[channel] ?? NaN);
  }
  kernels.place_images(
    memory.pointer(block.bytes),
    memory.pointer(block.placements),
    memory.pointer(block.scale),
    memory.pointer(block.shift),
    count,
    height,
    width,
    channels,
    memory.pointer(block.images),
    scratch,
  );
}
