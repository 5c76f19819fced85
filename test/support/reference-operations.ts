// The referee: every operation again in plain float64 loops that are too simple to be wrong, and gradients by finite
// differences of those loops. No tensors, no kernels, nothing of TensorFlow.js, whose own gradients are not all right.

/** A tensor of float64. */
export interface Values {
  shape: number[];
  data: Float64Array;
}

export function zeros(shape: number[]): Values {
  return { shape, data: new Float64Array(shape.reduce((product, n) => product * n, 1)) };
}

/** Builds a tensor from a function of its indices. */
function build(shape: number[], value: (...indices: number[]) => number): Values {
  const out = zeros(shape);
  const indices = shape.map(() => 0);
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = value(...indices);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      indices[axis] = (indices[axis] as number) + 1;
      if ((indices[axis] as number) < (shape[axis] as number)) break;
      indices[axis] = 0;
    }
  }
  return out;
}

function at(values: Values, ...indices: number[]): number {
  let offset = 0;
  for (const [axis, index] of indices.entries()) offset = offset * (values.shape[axis] as number) + index;
  return values.data[offset] as number;
}

function dimensions(values: Values): [number, number, number, number] {
  return values.shape as [number, number, number, number];
}

/** Size of the output, and zeros before the input, of SAME padding along one axis. */
function samePadding(size: number, filter: number, stride: number): { out: number; before: number } {
  const out = Math.ceil(size / stride);
  const total = Math.max(0, (out - 1) * stride + filter - size);
  return { out, before: Math.floor(total / 2) };
}

/** NHWC convolution. `padding` is what to lay around the image on top and left, and how large the output is. */
function convolve(
  x: Values,
  filter: Values,
  stride: number,
  vertical: { out: number; before: number },
  horizontal: { out: number; before: number },
): Values {
  const [n, h, w, channels] = dimensions(x);
  const [kh, kw, , outputs] = dimensions(filter);
  return build([n, vertical.out, horizontal.out, outputs], (image = 0, row = 0, column = 0, output = 0) => {
    let sum = 0;
    for (let i = 0; i < kh; i++) {
      const r = row * stride + i - vertical.before;
      if (r < 0 || r >= h) continue;
      for (let j = 0; j < kw; j++) {
        const c = column * stride + j - horizontal.before;
        if (c < 0 || c >= w) continue;
        // By offsets: this line is where the referee spends its time.
        const pixel = ((image * h + r) * w + c) * channels;
        const tap = (i * kw + j) * channels;
        for (let k = 0; k < channels; k++) {
          sum += (x.data[pixel + k] as number) * (filter.data[(tap + k) * outputs + output] as number);
        }
      }
    }
    return sum;
  });
}

export function convolution(x: Values, filter: Values, stride: number): Values {
  const [, h, w] = dimensions(x);
  const [kh, kw] = dimensions(filter);
  return convolve(x, filter, stride, samePadding(h, kh, stride), samePadding(w, kw, stride));
}

export function validConvolution(x: Values, filter: Values, stride: number): Values {
  const [, h, w] = dimensions(x);
  const [kh, kw] = dimensions(filter);
  const out = (size: number, k: number) => ({ out: Math.floor((size - k) / stride) + 1, before: 0 });
  return convolve(x, filter, stride, out(h, kh), out(w, kw));
}

/** Mean and biased variance of each channel. */
export function channelStatistics(x: Values): { mean: Values; variance: Values } {
  const channels = x.shape[3] as number;
  const rows = x.data.length / channels;
  const mean = zeros([channels]);
  const variance = zeros([channels]);
  x.data.forEach((value, i) => add(mean, i % channels, value / rows));
  x.data.forEach((value, i) => add(variance, i % channels, (value - at(mean, i % channels)) ** 2 / rows));
  return { mean, variance };
}

function add(values: Values, index: number, value: number): void {
  values.data[index] = (values.data[index] as number) + value;
}

export interface NormalizationOptions {
  epsilon: number;
  leakiness: number;
}

export function normalize(
  x: Values,
  gamma: Values,
  beta: Values,
  mean: Values,
  variance: Values,
  { epsilon, leakiness }: NormalizationOptions,
): Values {
  return build(x.shape, (n = 0, row = 0, column = 0, c = 0) => {
    const scaled = (at(x, n, row, column, c) - at(mean, c)) / Math.sqrt(at(variance, c) + epsilon);
    const value = at(gamma, c) * scaled + at(beta, c);
    return value < 0 ? leakiness * value : value;
  });
}

export function batchNormalization(
  x: Values,
  gamma: Values,
  beta: Values,
  options: NormalizationOptions,
): Values {
  const { mean, variance } = channelStatistics(x);
  return normalize(x, gamma, beta, mean, variance, options);
}

export function resizeNearest(x: Values, height: number, width: number): Values {
  const [n, h, w, channels] = dimensions(x);
  return build([n, height, width, channels], (image = 0, row = 0, column = 0, c = 0) =>
    at(x, image, Math.floor((row * h) / height), Math.floor((column * w) / width), c),
  );
}

export function matchChannels(x: Values, channels: number): Values {
  const [n, h, w, present] = dimensions(x);
  return build([n, h, w, channels], (image = 0, row = 0, column = 0, c = 0) =>
    c < present ? at(x, image, row, column, c) : 0,
  );
}

export function sum(xs: Values[]): Values {
  const out = zeros((xs[0] as Values).shape);
  for (const x of xs) x.data.forEach((value, i) => add(out, i, value));
  return out;
}

export function globalAveragePool(x: Values): Values {
  const [n, h, w, channels] = dimensions(x);
  return build([n, channels], (image = 0, c = 0) => {
    let total = 0;
    for (let row = 0; row < h; row++) {
      for (let column = 0; column < w; column++) total += at(x, image, row, column, c);
    }
    return total / (h * w);
  });
}

export function dense(x: Values, kernel: Values, bias: Values): Values {
  const [rows, features] = x.shape as [number, number];
  return build([rows, kernel.shape[1] as number], (row = 0, output = 0) => {
    let total = at(bias, output);
    for (let i = 0; i < features; i++) total += at(x, row, i) * at(kernel, i, output);
    return total;
  });
}

export function softmaxCrossEntropy(logits: Values, labels: readonly number[]): Values {
  const classes = logits.shape[1] as number;
  let total = 0;
  for (const [row, label] of labels.entries()) {
    const scores = [...logits.data.subarray(row * classes, (row + 1) * classes)];
    const largest = Math.max(...scores);
    const sumOfExponentials = scores.reduce((all, score) => all + Math.exp(score - largest), 0);
    total += Math.log(sumOfExponentials) - ((scores[label] as number) - largest);
  }
  return { shape: [], data: Float64Array.of(total / labels.length) };
}

export function countCorrect(logits: Values, labels: readonly number[]): number {
  const classes = logits.shape[1] as number;
  return labels.filter((label, row) => {
    const scores = [...logits.data.subarray(row * classes, (row + 1) * classes)];
    return !scores.some(Number.isNaN) && scores.indexOf(Math.max(...scores)) === label;
  }).length;
}

/** One step of SGD with momentum, in place. */
export function sgdMomentum(
  variable: Values,
  momentum: Values,
  gradient: Values,
  options: { learningRate: number; momentum: number; weightDecay: number },
): void {
  gradient.data.forEach((g, i) => {
    const decayed = g + options.weightDecay * (variable.data[i] as number);
    const m = options.momentum * (momentum.data[i] as number) + decayed;
    momentum.data[i] = m;
    add(variable, i, -options.learningRate * m);
  });
}

/** One element of a gradient. */
export interface Derivative {
  input: number;
  index: number;
  value: number;
}

/**
 * Derivatives of the sum of `f(inputs) * dy` by central differences, at the given elements of each input.
 * Exact up to float64 for functions that are linear in each element; else the error is of the order of step².
 */
export function finiteDifferences(
  f: (inputs: Values[]) => Values,
  inputs: Values[],
  dy: Values,
  elements: number[][],
  step = 1e-4,
): Derivative[] {
  const objective = () => f(inputs).data.reduce((total, y, i) => total + y * (dy.data[i] as number), 0);
  return elements.flatMap((indices, input) => {
    const { data } = inputs[input] as Values;
    return indices.map((index) => {
      const value = data[index] as number;
      data[index] = value + step;
      const above = objective();
      data[index] = value - step;
      const below = objective();
      data[index] = value;
      return { input, index, value: (above - below) / (2 * step) };
    });
  });
}
