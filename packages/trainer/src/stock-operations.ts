import type { NormalizationOptions, Operations } from '@galapagos/backend-simd';
import {
  add,
  addN,
  broadcastTo,
  conv2d,
  conv2dTranspose,
  customGrad,
  div,
  engine,
  exp,
  gather,
  greater,
  keep,
  less,
  logSoftmax,
  matMul,
  mean,
  mul,
  neg,
  pad,
  reshape,
  rsqrt,
  slice,
  square,
  sub,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
  util,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

// The operations of `Operations` for any other back end (tfjs-node, tfjs-node-gpu), from stock kernels.
//
// Every gradient is written out here rather than left to TensorFlow.js: tfjs-core alone registers none in Node, and
// those of its image operations are wrong on some back ends.

/** An operation with one output: its value, and the gradients by its inputs from that of its output. */
interface Differentiable<Inputs extends Tensor[], Output extends Tensor> {
  forward: (...inputs: Inputs) => Output;
  /** Gets the inputs again; returns one gradient for each. */
  backward: (dy: Output, ...inputs: Inputs) => Tensor[];
}

function run<Inputs extends Tensor[], Output extends Tensor>(
  operation: Differentiable<Inputs, Output>,
  ...inputs: Inputs
): Output {
  const differentiable = customGrad<Output>((...args) => {
    const given = args.slice(0, -1) as Inputs;
    const save = args.at(-1) as unknown as GradSaveFunc;
    save(given);
    return {
      value: operation.forward(...given),
      gradFunc: (dy, saved) => operation.backward(dy, ...(saved as unknown as Inputs)),
    };
  });
  return differentiable(...inputs);
}

const IMAGE_AXES = [0, 1, 2];

function requireShape(name: string, tensor: Tensor, shape: number[]): void {
  if (util.arraysEqual(tensor.shape, shape)) return;
  throw new Error(`${name} has shape [${tensor.shape.join()}], not [${shape.join()}]`);
}

function requireCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is ${value}, not a positive integer`);
}

/** A stride beyond the image changes nothing, but TensorFlow refuses a very large one. @throws Error on what does not fit. */
export function effectiveStride(x: Tensor4D, stride: number): number {
  requireCount('stride', stride);
  if (x.rank !== 4) throw new Error(`x has shape [${x.shape.join()}], not rank 4`);
  return Math.min(stride, Math.max(x.shape[1], x.shape[2], 1));
}

export function filterGradient(images: Tensor, dy: Tensor, filterShape: number[], step: number): Tensor {
  const attrs = { strides: [step, step], pad: 'same', dataFormat: 'NHWC', filterShape };
  return engine().runKernel('Conv2DBackpropFilter', { x: images, dy }, attrs);
}

function convolution(x: Tensor4D, filter: Tensor4D, stride: number): Tensor4D {
  const step = effectiveStride(x, stride);
  return run<[Tensor4D, Tensor4D], Tensor4D>(
    {
      forward: (images, weights) => conv2d(images, weights, step, 'same'),
      backward: (dy, images, weights) => [
        conv2dTranspose(dy, weights, images.shape, step, 'same'),
        filterGradient(images, dy, weights.shape, step),
      ],
    },
    x,
    filter,
  );
}

/** The positive part, and the negative one times `leakiness`. Not by a product with 0: that would turn infinity into NaN. */
function leaky(v: Tensor, leakiness: number): Tensor {
  return where(less(v, 0), leakiness === 0 ? zerosLike(v) : mul(v, leakiness), v);
}

function leakyGradient(dy: Tensor, v: Tensor, leakiness: number): Tensor {
  return where(greater(v, 0), dy, leakiness === 0 ? zerosLike(dy) : mul(dy, leakiness));
}

export function requireChannels(x: Tensor4D, parameters: Record<string, Tensor>): void {
  for (const [name, tensor] of Object.entries(parameters)) requireShape(name, tensor, [x.shape[3]]);
}

function batchNormalization(
  x: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  { epsilon, leakiness }: NormalizationOptions,
): { y: Tensor4D; mean: Tensor1D; variance: Tensor1D } {
  requireChannels(x, { gamma, beta });
  const count = x.size / x.shape[3];
  const normalized = (images: Tensor, m: Tensor, v: Tensor) => mul(sub(images, m), rsqrt(add(v, epsilon)));
  // Computed where the tape does not look: nothing is learned through the statistics but what the gradient of x holds.
  let statistics: [Tensor, Tensor] | undefined;
  const differentiable = customGrad<Tensor4D>((...args) => {
    const [images, g, b, save] = args as unknown as [Tensor4D, Tensor1D, Tensor1D, GradSaveFunc];
    const average = keep(mean(images, IMAGE_AXES));
    const variance = keep(mean(square(sub(images, average)), IMAGE_AXES));
    statistics = [average, variance];
    save([images, g, b, average, variance]);
    return {
      value: leaky(add(mul(normalized(images, average, variance), g), b), leakiness) as Tensor4D,
      gradFunc: (dy, saved) => {
        const [images, g, b, average, variance] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const hat = normalized(images, average, variance);
        const inner = leakyGradient(dy, add(mul(hat, g), b), leakiness);
        const dbeta = sum(inner, IMAGE_AXES);
        const dgamma = sum(mul(inner, hat), IMAGE_AXES);
        const centred = sub(sub(inner, div(dbeta, count)), mul(hat, div(dgamma, count)));
        return [mul(centred, mul(g, rsqrt(add(variance, epsilon)))), dgamma, dbeta];
      },
    };
  });
  const y = differentiable(x, gamma, beta);
  const [average, variance] = (statistics as [Tensor, Tensor]).map((kept) => {
    // A clone belongs to the caller's tidy, a kept tensor to nobody.
    const owned = kept.clone();
    kept.dispose();
    return owned;
  }) as [Tensor1D, Tensor1D];
  return { y, mean: average, variance };
}

/** For each output along one axis the input that it takes. */
function nearestSources(size: number, newSize: number): number[] {
  return Array.from({ length: newSize }, (_, i) => Math.floor((i * size) / newSize));
}

/** A matrix [size, newSize] that adds up, for each input, the gradients of the outputs that took it. */
function scatterMatrix(size: number, newSize: number): Tensor2D {
  const matrix = new Float32Array(size * newSize);
  nearestSources(size, newSize).forEach((source, i) => (matrix[source * newSize + i] = 1));
  return tensor2d(matrix, [size, newSize]);
}

function resizeNearest(x: Tensor4D, height: number, width: number): Tensor4D {
  requireCount('height', height);
  requireCount('width', width);
  const [n, h, w, c] = x.shape;
  return run<[Tensor4D], Tensor4D>(
    {
      forward: (images) => {
        const rows = gather(images, tensor1d(nearestSources(h, height), 'int32'), 1);
        return gather(rows, tensor1d(nearestSources(w, width), 'int32'), 2);
      },
      backward: (dy) => {
        const byRow = reshape(transpose(dy, [1, 0, 2, 3]), [height, n * width * c]);
        const rows = reshape(matMul(scatterMatrix(h, height), byRow), [h, n, width, c]);
        const byColumn = reshape(transpose(rows, [2, 0, 1, 3]), [width, h * n * c]);
        const columns = reshape(matMul(scatterMatrix(w, width), byColumn), [w, h, n, c]);
        return [transpose(columns, [2, 1, 0, 3])];
      },
    },
    x,
  );
}

function withChannels(x: Tensor4D, channels: number): Tensor4D {
  const [n, h, w, c] = x.shape;
  if (channels <= c) return slice(x, [0, 0, 0, 0], [n, h, w, channels]);
  return pad(x, [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, channels - c],
  ]);
}

function matchChannels(x: Tensor4D, channels: number): Tensor4D {
  requireCount('channels', channels);
  return run<[Tensor4D], Tensor4D>(
    {
      forward: (images) => withChannels(images, channels),
      backward: (dy) => [withChannels(dy, x.shape[3])],
    },
    x,
  );
}

function sumOf(xs: Tensor4D[]): Tensor4D {
  const [first] = xs;
  if (first === undefined) throw new Error('a sum of no tensors has no shape');
  xs.forEach((x, i) => requireShape(`term ${i}`, x, first.shape));
  return run<Tensor4D[], Tensor4D>(
    {
      forward: (...terms) => (terms.length === 1 ? (terms[0] as Tensor4D).clone() : addN(terms)),
      backward: (dy, ...terms) => terms.map(() => dy.clone()),
    },
    ...xs,
  );
}

function globalAveragePool(x: Tensor4D): Tensor2D {
  const [n, h, w, c] = x.shape;
  return run<[Tensor4D], Tensor2D>(
    {
      forward: (images) => mean(images, [1, 2]),
      backward: (dy) => [broadcastTo(reshape(div(dy, h * w), [n, 1, 1, c]), x.shape)],
    },
    x,
  );
}

function dense(x: Tensor2D, kernel: Tensor2D, bias: Tensor1D): Tensor2D {
  requireShape('bias', bias, [kernel.shape[1]]);
  return run<[Tensor2D, Tensor2D, Tensor1D], Tensor2D>(
    {
      forward: (features, weights, b) => add(matMul(features, weights), b),
      backward: (dy, features, weights) => [
        matMul(dy, weights, false, true),
        matMul(features, dy, true, false),
        sum(dy, 0),
      ],
    },
    x,
    kernel,
    bias,
  );
}

function requireLabels(logits: Tensor2D, labels: Tensor1D): Int32Array {
  if (labels.dtype !== 'int32') throw new Error(`labels are ${labels.dtype}, not int32`);
  requireShape('labels', labels, [logits.shape[0]]);
  return labels.dataSync<'int32'>();
}

/** 1 at the label of each row. Not by `oneHot`, which refuses a single class. */
function oneHotRows(labels: Int32Array, classes: number): Tensor2D {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => (rows[row * classes + label] = 1));
  return tensor2d(rows, [labels.length, classes]);
}

function softmaxCrossEntropy(logits: Tensor2D, labels: Tensor1D): Scalar {
  const [rows, classes] = logits.shape;
  const truth = requireLabels(logits, labels).slice();
  const bad = truth.find((label) => label < 0 || label >= classes);
  if (bad !== undefined) throw new Error(`label ${bad} is not a class from 0 to ${classes - 1}`);
  return run<[Tensor2D], Scalar>(
    {
      forward: (scores) => {
        const logs = logSoftmax(scores);
        // Not a product with 0, which would turn an impossible class into NaN.
        const chosen = where(greater(oneHotRows(truth, classes), 0), logs, zerosLike(logs));
        return div(neg(sum(chosen)), rows);
      },
      backward: (dloss, scores) => [
        mul(sub(exp(logSoftmax(scores)), oneHotRows(truth, classes)), div(dloss, rows)),
      ],
    },
    logits,
  );
}

function isCorrect(scores: Float32Array, label: number): boolean {
  const first = scores.indexOf(Math.max(...scores));
  // The maximum of a row with a NaN is NaN, which is found nowhere.
  return first >= 0 && first === label;
}

/** The stock operations on whatever back end is selected. Thrown is an Error that names the tensor that does not fit. */
export const stockOperations: Operations = {
  convolution,
  batchNormalization,

  batchNormalizationInference(x, gamma, beta, average, variance, { epsilon, leakiness }) {
    requireChannels(x, { gamma, beta, average, variance });
    return tidy(() => {
      const scale = mul(rsqrt(add(variance, epsilon)), gamma);
      return leaky(add(mul(sub(x, average), scale), beta), leakiness) as Tensor4D;
    });
  },

  resizeNearest,
  matchChannels,
  sum: sumOf,
  globalAveragePool,
  dense,
  softmaxCrossEntropy,

  countCorrect(logits, labels) {
    const truth = requireLabels(logits, labels);
    const scores = logits.dataSync<'float32'>();
    const classes = logits.shape[1];
    let correct = 0;
    truth.forEach((label, row) => {
      if (isCorrect(scores.subarray(row * classes, (row + 1) * classes), label)) correct++;
    });
    return correct;
  },

  sgdMomentum(variable, momentum, gradient, options) {
    requireShape('momentum', momentum, variable.shape);
    requireShape('gradient', gradient, variable.shape);
    tidy(() => {
      // Nothing but filters and the dense kernel decays.
      const decayed =
        options.weightDecay === 0 ? gradient : add(gradient, mul(variable, options.weightDecay));
      momentum.assign(add(mul(momentum, options.momentum), decayed));
      variable.assign(sub(variable, mul(momentum, options.learningRate)));
    });
  },

  movingAverage(variable, value, decay) {
    requireShape('value', value, variable.shape);
    tidy(() => variable.assign(add(mul(variable, decay), mul(value, 1 - decay))));
  },
};
