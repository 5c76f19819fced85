import type { ImageShape } from './graph.js';

/** A convolution with SAME padding as numbers. */
export interface Geometry {
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly stride: number;
  /** Rows and columns of zeros above and left of the image. */
  readonly top: number;
  readonly left: number;
}

/** A stride beyond the image is one of its size: the kernels walk through one phase for each unit of it. */
export function geometryOf(image: ImageShape, filter: readonly number[], asked: number): Geometry {
  const stride = Math.min(asked, Math.max(image.height, image.width));
  const [filterHeight = 1, filterWidth = 1] = filter;
  return {
    filterHeight,
    filterWidth,
    stride,
    top: padding(image.height, filterHeight, stride),
    left: padding(image.width, filterWidth, stride),
  };
}

/** As TensorFlow pads: the larger half behind. */
function padding(size: number, filter: number, stride: number): number {
  const total = Math.max(0, (outputSize(size, stride) - 1) * stride + filter - size);
  return Math.floor(total / 2);
}

export function outputSize(size: number, stride: number): number {
  return Math.ceil(size / stride);
}

/** Columns of zeros that a plane needs on each side, in pixels, so that a convolution can read it as it is. */
export function marginOfInput({ filterWidth, stride, left }: Geometry): number {
  // With larger strides the kernel makes a copy of its own.
  return stride === 1 ? Math.max(left, filterWidth - 1 - left) : 0;
}

/** The same of the gradient by its output, for the gradient by its input. */
export function marginOfGradient({ filterWidth }: Geometry): number {
  return filterWidth - 1;
}
