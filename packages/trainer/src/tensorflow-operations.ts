import {
  conv2d,
  conv2dTranspose,
  customGrad,
  engine,
  getGradient,
  keep,
  mul,
  registerGradient,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import type {
  GradConfig,
  GradSaveFunc,
  KernelBackend,
  Tensor,
  Tensor1D,
  Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Operations } from '@galapagos/backend-simd';
import { effectiveStride, filterGradient, requireChannels, stockOperations } from './stock-operations.js';

// The operations of `Operations` on libtensorflow: the stock ones, and its fused batch normalisation and rectifiers,
// which TensorFlow.js does not offer for training. Two calls instead of about thirty.

/** What tfjs-node's back end offers beside the common methods. */
interface TensorflowBackend extends KernelBackend {
  readonly binding: Readonly<Record<string, number>>;
  executeMultipleOutputs(
    name: string,
    attributes: Attribute[],
    inputs: Tensor[],
    numberOfOutputs: number,
  ): Tensor[];
}

interface Attribute {
  readonly name: string;
  readonly type: number | undefined;
  readonly value: unknown;
}

function execute(
  name: string,
  attributes: Readonly<Record<string, readonly [type: string, value: unknown]>>,
  inputs: Tensor[],
  outputs: number,
): Tensor[] {
  const backend = engine().backend as TensorflowBackend;
  const all = Object.entries(attributes).map(([key, [type, value]]) => ({
    name: key,
    type: backend.binding[type],
    value: type === 'TF_ATTR_TYPE' ? backend.binding[String(value)] : value,
  }));
  return backend.executeMultipleOutputs(name, all, inputs, outputs);
}

const FLOAT = ['TF_ATTR_TYPE', 'TF_FLOAT'] as const;

function normalization(epsilon: number, isTraining: boolean) {
  return {
    T: FLOAT,
    U: FLOAT,
    data_format: ['TF_ATTR_STRING', 'NHWC'],
    epsilon: ['TF_ATTR_FLOAT', epsilon],
    is_training: ['TF_ATTR_BOOL', isTraining],
  } as const;
}

/** As many outputs as asked for; the operation's own others are disposed. */
function take(outputs: Tensor[], count: number): Tensor[] {
  for (const other of outputs.slice(count)) other.dispose();
  return outputs.slice(0, count);
}

function leakyRelu(v: Tensor, leakiness: number): Tensor {
  if (leakiness === 1) return v;
  const [y] =
    leakiness === 0
      ? execute('Relu', { T: FLOAT }, [v], 1)
      : execute('LeakyRelu', { T: FLOAT, alpha: ['TF_ATTR_FLOAT', leakiness] }, [v], 1);
  v.dispose();
  return y as Tensor;
}

/** By the output, which has the sign of the input. */
function leakyReluGradient(dy: Tensor, y: Tensor, leakiness: number): Tensor {
  if (leakiness === 1) return dy.clone();
  const [dx] =
    leakiness === 0
      ? execute('ReluGrad', { T: FLOAT }, [dy, y], 1)
      : execute('LeakyReluGrad', { T: FLOAT, alpha: ['TF_ATTR_FLOAT', leakiness] }, [dy, y], 1);
  return dx as Tensor;
}

/**
 * With a gradient function for each input, of which the tape calls those that it needs: that of the images of a first
 * layer is never asked for.
 */
const convolution: Operations['convolution'] = (x, filter, stride) => {
  const step = effectiveStride(x, stride);
  // Others may have registered theirs, which do the same; TensorFlow.js alone registers none in Node.
  if ((getGradient('Conv2D') as unknown) === undefined) registerGradient(convolutionGradient);
  return conv2d(x, filter, step, 'same');
};

const convolutionGradient: GradConfig = {
  kernelName: 'Conv2D',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], attrs) => {
    const { strides } = attrs as unknown as { strides: number | [number, number] };
    const step = typeof strides === 'number' ? strides : strides[0];
    const [images, weights, upstream] = [x, filter, dy] as [Tensor4D, Tensor4D, Tensor4D];
    return {
      x: () => conv2dTranspose(upstream, weights, images.shape, step, 'same'),
      filter: () => filterGradient(images, upstream, weights.shape, step),
    };
  },
};

const batchNormalization: Operations['batchNormalization'] = (x, gamma, beta, { epsilon, leakiness }) => {
  requireChannels(x, { gamma, beta });
  const attributes = normalization(epsilon, true);
  const count = x.size / x.shape[3];
  // Computed where the tape does not look: nothing is learned through the statistics but what the gradient of x holds.
  let statistics: [Tensor, Tensor] | undefined;
  const differentiable = customGrad<Tensor4D>((...args) => {
    const [images, g, b, save] = args as unknown as [Tensor4D, Tensor1D, Tensor1D, GradSaveFunc];
    const none = tensor1d([]);
    const [v, average, unbiased, ...reserved] = execute(
      'FusedBatchNormV3',
      attributes,
      [images, g, b, none, none],
      6,
    );
    const y = leakyRelu(v as Tensor, leakiness) as Tensor4D;
    statistics = [keep(average as Tensor), keep(mul(unbiased as Tensor, Math.max(count - 1, 1) / count))];
    save([images, g, y, ...reserved]);
    return {
      value: y,
      gradFunc: (dy, saved) => {
        const [images, g, y, ...reserved] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
        const inner = leakyReluGradient(dy, y, leakiness);
        return take(execute('FusedBatchNormGradV3', attributes, [inner, images, g, ...reserved], 5), 3);
      },
    };
  });
  const y = differentiable(x, gamma, beta);
  const [mean, variance] = (statistics as [Tensor, Tensor]).map((kept) => {
    // A clone belongs to the caller's tidy, a kept tensor to nobody.
    const owned = kept.clone();
    kept.dispose();
    return owned;
  }) as [Tensor1D, Tensor1D];
  return { y, mean, variance };
};

/** Operations for the back end `tensorflow`: that of tfjs-node and tfjs-node-gpu. */
export const tensorflowOperations: Operations = {
  ...stockOperations,
  convolution,
  batchNormalization,

  batchNormalizationInference(x, gamma, beta, mean, variance, { epsilon, leakiness }) {
    requireChannels(x, { gamma, beta, average: mean, variance });
    return tidy(() => {
      const inputs = [x, gamma, beta, mean, variance];
      const [v] = execute('FusedBatchNormV3', normalization(epsilon, false), inputs, 6);
      return leakyRelu(v as Tensor, leakiness) as Tensor4D;
    });
  },
};
