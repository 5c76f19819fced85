import { engine } from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Pointer } from '../kernels-module.js';
import type { SimdBackend } from '../simd-backend.js';

/**
 * Where a variable's values may be changed in place. A clone, a reshape or the tensor that the variable was made from
 * share its values and must keep theirs: then the variable gets a copy of its own first.
 */
export function ownPointer(backend: SimdBackend, variable: Variable): Pointer {
  const pointer = backend.pointer(variable);
  if (backend.refCount(variable.dataId) <= 1) return pointer;
  const info = backend.makeTensorInfo(variable.shape, variable.dtype, backend.readSync(variable.dataId));
  const copy = engine().makeTensorFromTensorInfo(info, backend);
  variable.assign(copy);
  copy.dispose();
  return backend.pointer(variable);
}
