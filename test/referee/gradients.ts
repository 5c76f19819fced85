// Gradients of the referee's operations in plain float64 loops: each the derivative of one sum in
// `reference-operations.ts`, and held against finite differences of it. They are what lets whole networks be refereed.
import { type Values, channelStatistics, zeros } from '../support/reference-operations.js';

type Shape4 = [number, number, number, number];

/** Calls back with each pair of an input and a filter element that meet in an output element: offsets into the arrays. */
function eachProduct(
  [n, h, w, channels]: Shape4,
  [kh, kw, , outputs]: Shape4,
  stride: number,
  visit: (x: number, filter: number, y: number) => void,
): void {
  const [height, width] = [Math.ceil(h / stride), Math.ceil(w / stride)];
  const before = (size: number, out: number, filter: number) =>
    Math.floor(Math.max(0, (out - 1) * stride + filter - size) / 2);
  const [top, left] = [before(h, height, kh), before(w, width, kw)];
  for (let image = 0; image < n; image++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const y = ((image * height + row) * width + column) * outputs;
        for (let i = 0; i < kh; i++) {
          const r = row * stride + i - top;
          if (r < 0 || r >= h) continue;
          for (let j = 0; j < kw; j++) {
            const c = column * stride + j - left;
            if (c < 0 || c >= w) continue;
            const x = ((image * h + r) * w + c) * channels;
            const filter = (i * kw + j) * channels * outputs;
            for (let k = 0; k < channels; k++) visit(x + k, filter + k * outputs, y);
          }
        }
      }
    }
  }
}

/** By the image and by the filter, of a convolution with SAME padding. */
export function convolutionGradients(
  x: Values,
  filter: Values,
  dy: Values,
  stride: number,
): { dx: Values; dfilter: Values } {
  const [dx, dfilter] = [zeros(x.shape), zeros(filter.shape)];
  const outputs = filter.shape[3] as number;
  eachProduct(x.shape as Shape4, filter.shape as Shape4, stride, (i, f, o) => {
    const value = x.data[i] as number;
    let sum = 0;
    for (let k = 0; k < outputs; k++) {
      const d = dy.data[o + k] as number;
      sum += d * (filter.data[f + k] as number);
      dfilter.data[f + k] = (dfilter.data[f + k] as number) + d * value;
    }
    dx.data[i] = (dx.data[i] as number) + sum;
  });
  return { dx, dfilter };
}

/** Of batch normalisation with the statistics of the batch and a leaky ReLU behind it. */
export function batchNormalizationGradients(
  x: Values,
  gamma: Values,
  beta: Values,
  dy: Values,
  { epsilon, leakiness }: { epsilon: number; leakiness: number },
): { dx: Values; dgamma: Values; dbeta: Values } {
  const { mean, variance } = channelStatistics(x);
  const channels = x.shape[3] as number;
  const rows = x.data.length / channels;
  const [dx, dgamma, dbeta] = [zeros(x.shape), zeros([channels]), zeros([channels])];
  for (let c = 0; c < channels; c++) {
    const [g, b] = [gamma.data[c] as number, beta.data[c] as number];
    const scale = 1 / Math.sqrt((variance.data[c] as number) + epsilon);
    const hat = (i: number) => ((x.data[i] as number) - (mean.data[c] as number)) * scale;
    const inner = (i: number) => (dy.data[i] as number) * (g * hat(i) + b > 0 ? 1 : leakiness);
    let [sum, product] = [0, 0];
    for (let i = c; i < x.data.length; i += channels) {
      sum += inner(i);
      product += inner(i) * hat(i);
    }
    for (let i = c; i < x.data.length; i += channels)
      dx.data[i] = g * scale * (inner(i) - sum / rows - (hat(i) * product) / rows);
    dgamma.data[c] = product;
    dbeta.data[c] = sum;
  }
  return { dx, dgamma, dbeta };
}

/** Each output's gradient goes to the input that it took. */
export function resizeNearestGradient(dy: Values, shape: readonly number[]): Values {
  const dx = zeros([...shape]);
  const [, h, w, channels] = shape as Shape4;
  const [n, height, width] = dy.shape as Shape4;
  for (let image = 0; image < n; image++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [r, c] = [Math.floor((row * h) / height), Math.floor((column * w) / width)];
        for (let k = 0; k < channels; k++) {
          const i = ((image * h + r) * w + c) * channels + k;
          const d = dy.data[((image * height + row) * width + column) * channels + k] as number;
          dx.data[i] = (dx.data[i] as number) + d;
        }
      }
    }
  }
  return dx;
}

export function globalAveragePoolGradient(dy: Values, shape: readonly number[]): Values {
  const dx = zeros([...shape]);
  const [, h, w, channels] = shape as Shape4;
  for (let i = 0; i < dx.data.length; i++) {
    const image = Math.floor(i / (h * w * channels));
    dx.data[i] = (dy.data[image * channels + (i % channels)] as number) / (h * w);
  }
  return dx;
}

export function denseGradients(
  x: Values,
  kernel: Values,
  dy: Values,
): { dx: Values; dkernel: Values; dbias: Values } {
  const [rows, features] = x.shape as [number, number];
  const outputs = kernel.shape[1] as number;
  const [dx, dkernel, dbias] = [zeros(x.shape), zeros(kernel.shape), zeros([outputs])];
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      const d = dy.data[row * outputs + o] as number;
      dbias.data[o] = (dbias.data[o] as number) + d;
      for (let i = 0; i < features; i++) {
        const [at, k] = [row * features + i, i * outputs + o];
        dx.data[at] = (dx.data[at] as number) + d * (kernel.data[k] as number);
        dkernel.data[k] = (dkernel.data[k] as number) + d * (x.data[at] as number);
      }
    }
  }
  return { dx, dkernel, dbias };
}

/** By the logits, of the mean over the batch. */
export function softmaxCrossEntropyGradient(logits: Values, labels: ArrayLike<number>): Values {
  const [rows, classes] = logits.shape as [number, number];
  const dx = zeros(logits.shape);
  for (let row = 0; row < rows; row++) {
    const scores = [...logits.data.subarray(row * classes, (row + 1) * classes)];
    const largest = Math.max(...scores);
    const exponentials = scores.map((score) => Math.exp(score - largest));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    for (const [k, value] of exponentials.entries())
      dx.data[row * classes + k] = (value / total - (k === labels[row] ? 1 : 0)) / rows;
  }
  return dx;
}
