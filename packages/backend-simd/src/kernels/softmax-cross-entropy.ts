import { engine } from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { requireCount, requireFloat32, requireLabels } from '../checks.js';
import { KernelError } from '../errors.js';
import type { SimdBackend } from '../simd-backend.js';
import type { Kernel } from './kernel.js';

export const SOFTMAX_CROSS_ENTROPY = 'SimdSoftmaxCrossEntropy';
export const SOFTMAX_CROSS_ENTROPY_GRADIENT = 'SimdSoftmaxCrossEntropyGradient';

/** Returns [loss, probabilities]. */
export const softmaxCrossEntropy: Kernel<'logits' | 'labels'> = ({ inputs, backend }) => {
  const { logits, labels } = inputs;
  const [rows, classes] = requireBatch(logits, labels);
  const loss = backend.output([]);
  const probabilities = backend.output(logits.shape);
  const from = backend.pointer(logits);
  const truth = backend.pointer(labels);
  const bad = backend.kernels.softmax_cross_entropy(
    from,
    truth,
    rows,
    classes,
    probabilities.offset,
    loss.offset,
  );
  if (bad < 0) return [loss, probabilities];
  const label = (backend.readSync(labels.dataId) as Int32Array)[bad];
  throw new KernelError('VALUE', `label ${label} of example ${bad} is not a class from 0 to ${classes - 1}`);
};

export const softmaxCrossEntropyGradient: Kernel<'dloss' | 'probabilities' | 'labels'> = (args) => {
  const { inputs, backend } = args;
  const { dloss, probabilities, labels } = inputs;
  const [rows, classes] = probabilities.shape as [number, number];
  const dlogits = backend.output(probabilities.shape);
  backend.kernels.softmax_cross_entropy_gradient(
    backend.pointer(probabilities),
    backend.pointer(labels),
    rows,
    classes,
    backend.pointer(dloss),
    dlogits.offset,
  );
  return dlogits;
};

/** Rows whose first largest logit is the label's; a row with a NaN counts as wrong. */
export function countCorrect(backend: SimdBackend, logits: TensorInfo, labels: TensorInfo): number {
  const [rows, classes] = requireBatch(logits, labels);
  return backend.kernels.count_correct(backend.pointer(logits), backend.pointer(labels), rows, classes);
}

function requireBatch(logits: TensorInfo, labels: TensorInfo): [number, number] {
  requireFloat32('logits', logits, 2);
  const [rows, classes] = logits.shape as [number, number];
  requireCount('the number of examples', rows);
  requireCount('the number of classes', classes);
  requireLabels(labels, rows);
  return [rows, classes];
}

export const softmaxCrossEntropyGradientConfig: GradConfig = {
  kernelName: SOFTMAX_CROSS_ENTROPY,
  inputsToSave: ['labels'],
  outputsToSave: [false, true],
  gradFunc: (dys, saved) => {
    const [labels, probabilities] = saved as [Tensor, Tensor];
    const dloss = (dys as Tensor[])[0] as Tensor;
    return {
      logits: () =>
        engine().runKernel<Tensor>(SOFTMAX_CROSS_ENTROPY_GRADIENT, { dloss, probabilities, labels }),
    };
  },
};
