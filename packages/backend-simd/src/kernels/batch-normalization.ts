import { engine } from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { requireCount, requireFloat32, requireShape } from '../checks.js';
import { KernelError } from '../errors.js';
import type { Kernel, Shape4D } from './kernel.js';

export const BATCH_NORMALIZATION = 'SimdBatchNormalization';
export const BATCH_NORMALIZATION_GRADIENT = 'SimdBatchNormalizationGradient';
export const BATCH_NORMALIZATION_INFERENCE = 'SimdBatchNormalizationInference';

interface Attributes {
  epsilon: number;
  leakiness: number;
}

function requireAttributes({ epsilon, leakiness }: Attributes): void {
  if (!(epsilon > 0)) throw new KernelError('VALUE', `epsilon is ${epsilon}, not above 0`);
  if (!Number.isFinite(leakiness)) throw new KernelError('VALUE', `leakiness is ${leakiness}`);
}

/** Returns [y, mean, variance]. */
export const batchNormalization: Kernel<'x' | 'gamma' | 'beta', Attributes> = ({
  inputs,
  attrs,
  backend,
}) => {
  const { x, gamma, beta } = inputs;
  requireFloat32('x', x, 4);
  requireAttributes(attrs);
  const [n, h, w, channels] = x.shape as Shape4D;
  requireCount('the number of rows', n * h * w);
  requireShape('gamma', gamma, [channels]);
  requireShape('beta', beta, [channels]);
  const y = backend.output(x.shape);
  const mean = backend.output([channels]);
  const variance = backend.output([channels]);
  backend.kernels.batch_normalization(
    backend.pointer(x),
    n * h * w,
    channels,
    backend.pointer(gamma),
    backend.pointer(beta),
    attrs.epsilon,
    attrs.leakiness,
    y.offset,
    mean.offset,
    variance.offset,
    backend.scratch(backend.kernels.batch_normalization_scratch(channels)),
  );
  return [y, mean, variance];
};

/** Returns the gradients by [x, gamma, beta]. */
export const batchNormalizationGradient: Kernel<
  'dy' | 'x' | 'gamma' | 'beta' | 'mean' | 'variance',
  Attributes
> = ({ inputs, attrs, backend }) => {
  const { dy, x, gamma, beta, mean, variance } = inputs;
  const [n, h, w, channels] = x.shape as Shape4D;
  requireShape('dy', dy, x.shape);
  const dx = backend.output(x.shape);
  const dgamma = backend.output([channels]);
  const dbeta = backend.output([channels]);
  backend.kernels.batch_normalization_gradient(
    backend.pointer(dy),
    backend.pointer(x),
    n * h * w,
    channels,
    backend.pointer(gamma),
    backend.pointer(beta),
    backend.pointer(mean),
    backend.pointer(variance),
    attrs.epsilon,
    attrs.leakiness,
    dx.offset,
    dgamma.offset,
    dbeta.offset,
    backend.scratch(backend.kernels.batch_normalization_scratch(channels)),
  );
  return [dx, dgamma, dbeta];
};

export const batchNormalizationInference: Kernel<
  'x' | 'gamma' | 'beta' | 'mean' | 'variance',
  Attributes
> = ({ inputs, attrs, backend }) => {
  const { x, gamma, beta, mean, variance } = inputs;
  requireFloat32('x', x, 4);
  requireAttributes(attrs);
  const [n, h, w, channels] = x.shape as Shape4D;
  for (const [name, tensor] of Object.entries({ gamma, beta, mean, variance })) {
    requireShape(name, tensor, [channels]);
  }
  const y = backend.output(x.shape);
  backend.kernels.batch_normalization_inference(
    backend.pointer(x),
    n * h * w,
    channels,
    backend.pointer(gamma),
    backend.pointer(beta),
    backend.pointer(mean),
    backend.pointer(variance),
    attrs.epsilon,
    attrs.leakiness,
    y.offset,
    backend.scratch(backend.kernels.batch_normalization_scratch(channels)),
  );
  return y;
};

/** Mean and variance count as constants: they are for the moving averages, and nothing is learned through those. */
export const batchNormalizationGradientConfig: GradConfig = {
  kernelName: BATCH_NORMALIZATION,
  inputsToSave: ['x', 'gamma', 'beta'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, gamma, beta, mean, variance] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const dy = (dys as Tensor[])[0] as Tensor;
    // At once, not in the closures: the engine runs each closure in a tidy of its own, which would dispose the siblings.
    const [dx, dgamma, dbeta] = engine().runKernel<Tensor[]>(
      BATCH_NORMALIZATION_GRADIENT,
      { dy, x, gamma, beta, mean, variance },
      attrs,
    ) as [Tensor, Tensor, Tensor];
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
};
