import { engine } from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { requireAddressable, requireFloat32, requireShape } from '../checks.js';
import type { Kernel } from './kernel.js';

export const DENSE = 'SimdDense';
export const DENSE_GRADIENT = 'SimdDenseGradient';

export const dense: Kernel<'x' | 'kernel' | 'bias'> = ({ inputs, backend }) => {
  const { x, kernel, bias } = inputs;
  const { kernels } = backend;
  requireFloat32('x', x, 2);
  requireFloat32('kernel', kernel, 2);
  const [rows, features] = x.shape as [number, number];
  const outputs = kernel.shape[1] as number;
  requireShape('kernel', kernel, [features, outputs]);
  requireShape('bias', bias, [outputs]);
  requireAddressable('the result', rows, outputs);
  const y = backend.output([rows, outputs]);
  kernels.dense(
    backend.pointer(x),
    rows,
    features,
    outputs,
    backend.pointer(kernel),
    backend.pointer(bias),
    y.offset,
    backend.scratch(kernels.dense_scratch(rows, features, outputs)),
  );
  return y;
};

/** Returns the gradients by [x, kernel, bias]. */
export const denseGradient: Kernel<'dy' | 'x' | 'kernel'> = ({ inputs, backend }) => {
  const { dy, x, kernel } = inputs;
  const { kernels } = backend;
  const [rows, features] = x.shape as [number, number];
  const outputs = kernel.shape[1] as number;
  requireShape('dy', dy, [rows, outputs]);
  const dx = backend.output(x.shape);
  const dkernel = backend.output(kernel.shape);
  const dbias = backend.output([outputs]);
  kernels.dense_gradient(
    backend.pointer(dy),
    backend.pointer(x),
    rows,
    features,
    outputs,
    backend.pointer(kernel),
    dx.offset,
    dkernel.offset,
    dbias.offset,
    backend.scratch(kernels.dense_scratch(rows, features, outputs)),
  );
  return [dx, dkernel, dbias];
};

export const denseGradientConfig: GradConfig = {
  kernelName: DENSE,
  inputsToSave: ['x', 'kernel'],
  gradFunc: (dy, saved) => {
    const [x, kernel] = saved as [Tensor, Tensor];
    // At once: the engine would dispose the siblings of what a closure returns.
    const [dx, dkernel, dbias] = engine().runKernel<Tensor[]>(DENSE_GRADIENT, {
      dy: dy as Tensor,
      x,
      kernel,
    }) as [Tensor, Tensor, Tensor];
    return { x: () => dx, kernel: () => dkernel, bias: () => dbias };
  },
};
