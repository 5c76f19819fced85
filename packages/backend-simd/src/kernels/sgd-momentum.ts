import { engine } from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { requireShape } from '../checks.js';
import type { Pointer } from '../kernels-module.js';
import type { SimdBackend } from '../simd-backend.js';

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

/**
 * Where a variable's values may be changed in place. A clone, a reshape or the tensor that the variable was made from
 * share its values and must keep theirs: then the variable gets a copy of its own first.
 */
function ownPointer(backend: SimdBackend, variable: Variable): Pointer {
  if (backend.refCount(variable.dataId) > 1) {
    const values = backend.readSync(variable.dataId) as Float32Array;
    const info = backend.makeTensorInfo(variable.shape, variable.dtype, values.slice());
    const copy = engine().makeTensorFromTensorInfo(info, backend);
    variable.assign(copy);
    copy.dispose();
  }
  return backend.pointer(variable);
}
