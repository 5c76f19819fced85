// The operations that TensorFlow.js' tape calls one by one, with their gradients, against float64. The back end is the
// selected one.
import { simdOperations as operations } from '@galapagos/backend-simd';
import {
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  grads,
  tensor,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import {
  batchNormalizationGradients,
  convolutionGradients,
  denseGradients,
  globalAveragePoolGradient,
  resizeNearestGradient,
  softmaxCrossEntropyGradient,
} from '../referee/gradients.js';
import {
  type Values,
  batchNormalization,
  channelStatistics,
  convolution,
  dense,
  globalAveragePool,
  matchChannels,
  resizeNearest,
  softmaxCrossEntropy,
  sum,
} from '../support/reference-operations.js';
import { type Draw, largest, requireClose, sizes } from './draw.js';

interface Case {
  readonly inputs: Values[];
  readonly ours: (...inputs: Tensor[]) => Tensor;
  readonly value: Values;
  readonly gradients: (dy: Values) => Values[];
  /** What errors are small against: of the value, and of each gradient. */
  readonly scales: (dy: Values) => number[];
}

const TOLERANCE = 2e-6;

function convolutionCase(draw: Draw): Case {
  const { n, height, width, channels, outputs, filterHeight, filterWidth, stride } = draw.convolution();
  const x = draw.values([n, height, width, channels]);
  const filter = draw.values([filterHeight, filterWidth, channels, outputs]);
  return {
    inputs: [x, filter],
    ours: (a, b) => operations.convolution(a as Tensor4D, b as Tensor4D, stride),
    value: convolution(x, filter, stride),
    gradients: (dy) => Object.values<Values>(convolutionGradients(x, filter, dy, stride)),
    scales: (dy) => {
      const { dx, dfilter } = convolutionGradients(sizes(x), sizes(filter), sizes(dy), stride);
      return [convolution(sizes(x), sizes(filter), stride), dx, dfilter].map(({ data }) => largest(data));
    },
  };
}

function normalizationCase(draw: Draw): Case {
  const options = { epsilon: 1e-3, leakiness: 1 };
  const x = draw.values(draw.image());
  const channels = x.shape[3] as number;
  const [gamma, beta] = [draw.values([channels], 3), draw.values([channels], 2)];
  const rows = x.data.length / channels;
  const { variance } = channelStatistics(x);
  const slope = largest(
    gamma.data.map((g, c) => g / Math.sqrt((variance.data[c] as number) + options.epsilon)),
  );
  const value = batchNormalization(x, gamma, beta, options);
  return {
    inputs: [x, gamma, beta],
    // Without a kink; those of the ReLU are judged in whole networks and in compiled ones.
    ours: (a, b, c) => operations.batchNormalization(a as Tensor4D, b as Tensor1D, c as Tensor1D, options).y,
    value,
    gradients: (dy) => Object.values<Values>(batchNormalizationGradients(x, gamma, beta, dy, options)),
    scales: () => [2 * Math.max(1, largest(value.data)), 4 * Math.max(1, slope), rows, rows],
  };
}

function resizeCase(draw: Draw): Case {
  const x = draw.values(draw.image());
  const [height, width] = [draw.size(33), draw.size(33)];
  return {
    inputs: [x],
    ours: (a) => operations.resizeNearest(a as Tensor4D, height, width),
    value: resizeNearest(x, height, width),
    gradients: (dy) => [resizeNearestGradient(dy, x.shape)],
    scales: (dy) => [1, Math.max(1, largest(resizeNearestGradient(dy, x.shape).data))],
  };
}

function channelsCase(draw: Draw): Case {
  const x = draw.values(draw.image());
  const channels = draw.size(70);
  return {
    inputs: [x],
    ours: (a) => operations.matchChannels(a as Tensor4D, channels),
    value: matchChannels(x, channels),
    gradients: (dy) => [matchChannels(dy, x.shape[3] as number)],
    scales: () => [1, 1],
  };
}

function sumCase(draw: Draw): Case {
  const shape = draw.image();
  const terms = Array.from({ length: 1 + draw.integer(4) }, () => draw.values(shape));
  return {
    inputs: terms,
    ours: (...tensors) => operations.sum(tensors as Tensor4D[]),
    value: sum(terms),
    gradients: (dy) => terms.map(() => dy),
    scales: () => [terms.length, ...terms.map(() => 1)],
  };
}

function poolCase(draw: Draw): Case {
  const x = draw.values(draw.image());
  return {
    inputs: [x],
    ours: (a) => operations.globalAveragePool(a as Tensor4D),
    value: globalAveragePool(x),
    gradients: (dy) => [globalAveragePoolGradient(dy, x.shape)],
    scales: () => [1, 1],
  };
}

function denseCase(draw: Draw): Case {
  const [rows, features, outputs] = [draw.size(100), draw.size(130), draw.size(40)];
  const [x, kernel, bias] = [
    draw.values([rows, features]),
    draw.values([features, outputs]),
    draw.values([outputs]),
  ];
  return {
    inputs: [x, kernel, bias],
    ours: (a, b, c) => operations.dense(a as Tensor2D, b as Tensor2D, c as Tensor1D),
    value: dense(x, kernel, bias),
    gradients: (dy) => Object.values<Values>(denseGradients(x, kernel, dy)),
    scales: () => [features, outputs, rows, rows],
  };
}

function lossCase(draw: Draw): Case {
  const [rows, classes] = [draw.size(100), draw.size(40)];
  const logits = draw.values([rows, classes], draw.pick([1, 30]));
  const labels = Array.from({ length: rows }, () => draw.integer(classes));
  return {
    inputs: [logits],
    ours: (a) => operations.softmaxCrossEntropy(a as Tensor2D, tensor1d(labels, 'int32')),
    value: softmaxCrossEntropy(logits, labels),
    gradients: (dy) => {
      const gradient = softmaxCrossEntropyGradient(logits, labels);
      return [{ ...gradient, data: gradient.data.map((value) => value * (dy.data[0] as number)) }];
    },
    scales: () => [Math.max(1, largest(logits.data)), 1 / rows],
  };
}

const CASES: Readonly<Record<string, (draw: Draw) => Case>> = {
  convolution: convolutionCase,
  'batch normalisation': normalizationCase,
  resize: resizeCase,
  channels: channelsCase,
  sum: sumCase,
  pool: poolCase,
  dense: denseCase,
  loss: lossCase,
};

export function fuzzTapeOperation(draw: Draw): string {
  const name = draw.pick(Object.keys(CASES));
  const { inputs, ours, value, gradients, scales } = (CASES[name] as (draw: Draw) => Case)(draw);
  const shapes = inputs.map(({ shape }) => `[${shape.join()}]`).join(' ');
  const dy = draw.values(value.shape);
  const [scale = 1, ...others] = scales(dy);
  tidy(() => {
    const tensors = inputs.map(({ shape, data }) => tensor(Float32Array.from(data), shape));
    requireClose(`${name} ${shapes}`, ours(...tensors).dataSync(), value.data, TOLERANCE, scale);
    const found = grads(ours)(tensors, tensor(Float32Array.from(dy.data), value.shape));
    gradients(dy).forEach((expected, i) => {
      const what = `gradient ${i} of ${name} ${shapes}`;
      requireClose(what, (found[i] as Tensor).dataSync(), expected.data, TOLERANCE, others[i] as number);
    });
  });
  return `${name} ${shapes}`;
}
