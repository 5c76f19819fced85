import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { requireShape } from '../checks.js';
import type { SimdBackend } from '../simd-backend.js';
import { ownPointer } from './in-place.js';

/** One update of a moving average; see `Operations.movingAverage`. A number per channel, so a loop in JavaScript. */
export function movingAverage(backend: SimdBackend, variable: Variable, value: Tensor, decay: number): void {
  requireShape('variable', variable, variable.shape);
  requireShape('value', value, variable.shape);
  // Both places before the first view: moving a tensor into the heap may detach it.
  const to = ownPointer(backend, variable);
  const from = backend.pointer(value);
  const average = new Float32Array(backend.heap.buffer, to, variable.size);
  const latest = new Float32Array(backend.heap.buffer, from, variable.size);
  for (let i = 0; i < average.length; i++) {
    average[i] = decay * (average[i] ?? 0) + (1 - decay) * (latest[i] ?? 0);
  }
}
