import { engine } from '@tensorflow/tfjs-core';
import type {
  NamedAttrMap,
  NamedTensorMap,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor4D,
} from '@tensorflow/tfjs-core';
import { requireCount } from './checks.js';
import { KernelError } from './errors.js';
import { BATCH_NORMALIZATION, BATCH_NORMALIZATION_INFERENCE } from './kernels/batch-normalization.js';
import { DENSE } from './kernels/dense.js';
import { GLOBAL_AVERAGE_POOL } from './kernels/global-average-pool.js';
import { MATCH_CHANNELS } from './kernels/match-channels.js';
import { RESIZE_NEAREST } from './kernels/resize-nearest.js';
import { SUM } from './kernels/sum.js';
import { movingAverage } from './kernels/moving-average.js';
import { sgdMomentum } from './kernels/sgd-momentum.js';
import { countCorrect, SOFTMAX_CROSS_ENTROPY } from './kernels/softmax-cross-entropy.js';
import type { Operations } from './operations.js';
import { currentSimdBackend } from './simd-backend.js';

function run<T extends Tensor | Tensor[]>(name: string, inputs: NamedTensorMap, attrs: object = {}): T {
  currentSimdBackend();
  return engine().runKernel<T>(name, inputs, attrs as NamedAttrMap);
}

/**
 * The operations on a back end of this package, which must be selected.
 *
 * Every one throws a KernelError: `SHAPE` or `DTYPE` when the tensors do not fit, `VALUE` when a number is out of its
 * range, `BACKEND` when another back end is selected, `OUT_OF_MEMORY` when the memory cannot grow any further.
 */
export const simdOperations: Operations = {
  convolution(x, filter, stride) {
    requireCount('stride', stride);
    const attrs = { strides: [stride, stride], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] };
    return run<Tensor4D>('Conv2D', { x, filter }, attrs);
  },

  batchNormalization(x, gamma, beta, options) {
    const outputs = run<Tensor[]>(BATCH_NORMALIZATION, { x, gamma, beta }, options);
    const [y, mean, variance] = outputs as [Tensor4D, Tensor1D, Tensor1D];
    return { y, mean, variance };
  },

  batchNormalizationInference(x, gamma, beta, mean, variance, options) {
    return run<Tensor4D>(BATCH_NORMALIZATION_INFERENCE, { x, gamma, beta, mean, variance }, options);
  },

  resizeNearest(x, height, width) {
    return run<Tensor4D>(RESIZE_NEAREST, { x }, { height, width });
  },

  matchChannels(x, channels) {
    return run<Tensor4D>(MATCH_CHANNELS, { x }, { channels });
  },

  sum(xs) {
    if (xs.length === 0) throw new KernelError('SHAPE', 'a sum of no tensors has no shape');
    return run<Tensor4D>(SUM, Object.fromEntries(xs.entries()), { terms: xs.length });
  },

  globalAveragePool(x) {
    return run<Tensor2D>(GLOBAL_AVERAGE_POOL, { x });
  },

  dense(x, kernel, bias) {
    return run<Tensor2D>(DENSE, { x, kernel, bias });
  },

  softmaxCrossEntropy(logits, labels) {
    const [loss, probabilities] = run<Tensor[]>(SOFTMAX_CROSS_ENTROPY, { logits, labels }) as [
      Scalar,
      Tensor,
    ];
    // Saved for the gradient as a clone; nobody else wants them.
    probabilities.dispose();
    return loss;
  },

  countCorrect(logits, labels) {
    return countCorrect(currentSimdBackend(), logits, labels);
  },

  sgdMomentum(variable, momentum, gradient, options) {
    sgdMomentum(currentSimdBackend(), variable, momentum, gradient, options);
  },

  movingAverage(variable, value, decay) {
    movingAverage(currentSimdBackend(), variable, value, decay);
  },
};
