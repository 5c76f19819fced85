import { engine } from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { requireFloat32 } from '../checks.js';
import type { Kernel, Shape4D } from './kernel.js';

export const GLOBAL_AVERAGE_POOL = 'SimdGlobalAveragePool';
export const GLOBAL_AVERAGE_POOL_GRADIENT = 'SimdGlobalAveragePoolGradient';

export const globalAveragePool: Kernel<'x'> = ({ inputs, backend }) => {
  const { x } = inputs;
  const { kernels } = backend;
  requireFloat32('x', x, 4);
  const [n, h, w, channels] = x.shape as Shape4D;
  const y = backend.output([n, channels]);
  const room = backend.scratch(kernels.global_average_pool_scratch(channels));
  kernels.global_average_pool(backend.pointer(x), n, h * w, channels, y.offset, room);
  return y;
};

export const globalAveragePoolGradient: Kernel<'dy', { height: number; width: number }> = (args) => {
  const { inputs, attrs, backend } = args;
  const { kernels } = backend;
  const [n, channels] = inputs.dy.shape as [number, number];
  const { height, width } = attrs;
  const dx = backend.output([n, height, width, channels]);
  const room = backend.scratch(kernels.global_average_pool_scratch(channels));
  kernels.global_average_pool_gradient(
    backend.pointer(inputs.dy),
    n,
    height * width,
    channels,
    dx.offset,
    room,
  );
  return dx;
};

export const globalAveragePoolGradientConfig: GradConfig = {
  kernelName: GLOBAL_AVERAGE_POOL,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => {
    const [, height, width] = (x as Tensor).shape as Shape4D;
    return {
      x: () =>
        engine().runKernel<Tensor>(GLOBAL_AVERAGE_POOL_GRADIENT, { dy: dy as Tensor }, { height, width }),
    };
  },
};
