import { engine } from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { requireAddressable, requireCount, requireFloat32 } from '../checks.js';
import type { Kernel, Shape4D } from './kernel.js';

// Not TensorFlow.js' ResizeNearestNeighbor: its source index is a rounded float64 product, ours is exact.
export const RESIZE_NEAREST = 'SimdResizeNearest';
export const RESIZE_NEAREST_GRADIENT = 'SimdResizeNearestGradient';

export const resizeNearest: Kernel<'x', { height: number; width: number }> = ({ inputs, attrs, backend }) => {
  const { x } = inputs;
  const { height, width } = attrs;
  requireFloat32('x', x, 4);
  requireCount('height', height);
  requireCount('width', width);
  const [n, h, w, channels] = x.shape as Shape4D;
  requireCount('the height of x', h);
  requireCount('the width of x', w);
  requireAddressable('the resized image', n, height, width, channels);
  const y = backend.output([n, height, width, channels]);
  backend.kernels.resize_nearest(backend.pointer(x), n, h, w, channels, height, width, y.offset);
  return y;
};

export const resizeNearestGradient: Kernel<'dy', { height: number; width: number }> = (args) => {
  const { inputs, attrs, backend } = args;
  const { dy } = inputs;
  const [n, outHeight, outWidth, channels] = dy.shape as Shape4D;
  const { height, width } = attrs;
  const dx = backend.output([n, height, width, channels]);
  const from = backend.pointer(dy);
  backend.kernels.resize_nearest_gradient(from, n, height, width, channels, outHeight, outWidth, dx.offset);
  return dx;
};

export const resizeNearestGradientConfig: GradConfig = {
  kernelName: RESIZE_NEAREST,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => {
    const [, height, width] = (x as Tensor).shape as Shape4D;
    return {
      x: () => engine().runKernel<Tensor>(RESIZE_NEAREST_GRADIENT, { dy: dy as Tensor }, { height, width }),
    };
  },
};
