import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { requireShape } from '../checks.js';
import type { SimdBackend } from '../simd-backend.js';
import { ownPointer } from './in-place.js';

/** One step of SGD with momentum; see `Operations.sgdMomentum`. */
export function sgdMomentum(
  backend: SimdBackend,
  variable: Variable,
  momentum: Variable,
  gradient: Tensor,
  options: { learningRate: number; momentum: number; weightDecay: number },
): void {
  requireShape('variable', variable, variable.shape);
  requireShape('momentum', momentum, variable.shape);
  requireShape('gradient', gradient, variable.shape);
  const v = ownPointer(backend, variable);
  const m = ownPointer(backend, momentum);
  const g = backend.pointer(gradient);
  const { learningRate, weightDecay } = options;
  backend.kernels.sgd_momentum(v, m, g, variable.size, learningRate, options.momentum, weightDecay);
}
