import { backend_util } from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernel, Shape4D } from './kernels/kernel.js';
import type { SimdBackend } from './simd-backend.js';

// Gradients of the stock `cpu` back end that are wrong (README.md lists how), written anew. They are here for models of
// others: the operations of this package do not use them. Plain loops, right before fast.

interface ResizeAttributes {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

/** Position in the input, along one axis, that output `i` of `out` looks at: as the forward kernels compute it. */
function sourcePosition(i: number, size: number, out: number, attrs: ResizeAttributes): number {
  const isAligned = attrs.alignCorners && out > 1;
  const ratio = isAligned ? (size - 1) / (out - 1) : size / out;
  return attrs.halfPixelCenters ? ratio * (i + 0.5) : ratio * i;
}

function nearestSource(i: number, size: number, out: number, attrs: ResizeAttributes): number {
  const position = sourcePosition(i, size, out, attrs);
  const rounded = attrs.alignCorners ? Math.round(position) : Math.floor(position);
  return Math.max(0, Math.min(size - 1, rounded));
}

/** The two inputs along one axis that output `i` is made of, with their weights. */
function linearSources(
  i: number,
  size: number,
  out: number,
  attrs: ResizeAttributes,
): { low: number; high: number; lowWeight: number; highWeight: number } {
  const position = sourcePosition(i, size, out, attrs) - (attrs.halfPixelCenters ? 0.5 : 0);
  const low = Math.max(0, Math.floor(position));
  const high = Math.max(0, Math.min(size - 1, Math.ceil(position)));
  const fraction = position - low;
  return { low, high, lowWeight: 1 - fraction, highWeight: fraction };
}

function floats(backend: SimdBackend, tensor: TensorInfo): Float32Array {
  return backend.data.get(tensor.dataId).values as Float32Array;
}

/** Calls `visit` with the offset of each pixel of an NHWC shape. */
function forEachPixel(
  [batch, height, width, channels]: Shape4D,
  visit: (n: number, row: number, column: number, offset: number) => void,
): void {
  let offset = 0;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++, offset += channels) visit(n, row, column, offset);
    }
  }
}

/** dx[to + c] += weight * dy[from + c] */
function addPixel(
  dx: Float32Array,
  to: number,
  dy: Float32Array,
  from: number,
  channels: number,
  weight: number,
) {
  for (let c = 0; c < channels; c++) dx[to + c] = (dx[to + c] as number) + weight * (dy[from + c] as number);
}

/** TensorFlow.js' ResizeNearestNeighborGrad. */
export const resizeNearestNeighborGrad: Kernel<'images' | 'dy', ResizeAttributes> = ({
  inputs,
  attrs,
  backend,
}) => {
  const [batch, height, width, channels] = inputs.images.shape as Shape4D;
  const shape = inputs.dy.shape as Shape4D;
  const dy = floats(backend, inputs.dy);
  const dx = new Float32Array(batch * height * width * channels);
  forEachPixel(shape, (n, row, column, offset) => {
    const r = nearestSource(row, height, shape[1], attrs);
    const c = nearestSource(column, width, shape[2], attrs);
    addPixel(dx, ((n * height + r) * width + c) * channels, dy, offset, channels, 1);
  });
  return backend.makeTensorInfo(inputs.images.shape, 'float32', dx);
};

/** TensorFlow.js' ResizeBilinearGrad. */
export const resizeBilinearGrad: Kernel<'images' | 'dy', ResizeAttributes> = ({ inputs, attrs, backend }) => {
  const [batch, height, width, channels] = inputs.images.shape as Shape4D;
  const shape = inputs.dy.shape as Shape4D;
  const dy = floats(backend, inputs.dy);
  const dx = new Float32Array(batch * height * width * channels);
  forEachPixel(shape, (n, row, column, offset) => {
    const r = linearSources(row, height, shape[1], attrs);
    const c = linearSources(column, width, shape[2], attrs);
    const at = (i: number, j: number) => ((n * height + i) * width + j) * channels;
    addPixel(dx, at(r.low, c.low), dy, offset, channels, r.lowWeight * c.lowWeight);
    addPixel(dx, at(r.low, c.high), dy, offset, channels, r.lowWeight * c.highWeight);
    addPixel(dx, at(r.high, c.low), dy, offset, channels, r.highWeight * c.lowWeight);
    addPixel(dx, at(r.high, c.high), dy, offset, channels, r.highWeight * c.highWeight);
  });
  return backend.makeTensorInfo(inputs.images.shape, 'float32', dx);
};

interface PoolAttributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'same' | 'valid' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** First and one past the last input pixel of a pooling window along one axis, padding left out. */
function poolRange(i: number, stride: number, pad: number, filter: number, size: number): [number, number] {
  const first = i * stride - pad;
  return [Math.max(0, first), Math.min(size, first + filter)];
}

/** TensorFlow.js' AvgPoolGrad: the mean is over the pixels that the window holds, not over its area. */
export const avgPoolGrad: Kernel<'dy' | 'input', PoolAttributes> = ({ inputs, attrs, backend }) => {
  const shape = inputs.input.shape as Shape4D;
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { inHeight, inWidth, inChannels } = info;
  const dy = floats(backend, inputs.dy);
  const dx = new Float32Array(shape[0] * inHeight * inWidth * inChannels);
  forEachPixel(inputs.dy.shape as Shape4D, (n, row, column, offset) => {
    const [top, bottom] = poolRange(row, info.strideHeight, info.padInfo.top, info.filterHeight, inHeight);
    const [left, right] = poolRange(column, info.strideWidth, info.padInfo.left, info.filterWidth, inWidth);
    const weight = 1 / ((bottom - top) * (right - left));
    for (let r = top; r < bottom; r++) {
      for (let c = left; c < right; c++) {
        addPixel(dx, ((n * inHeight + r) * inWidth + c) * inChannels, dy, offset, inChannels, weight);
      }
    }
  });
  return backend.makeTensorInfo(shape, 'float32', dx);
};
