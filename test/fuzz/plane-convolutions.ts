// Convolutions of compiled networks, in all three directions and by every method, against float64.
import type { SimdBackend } from '@galapagos/backend-simd';
import { convolutionGradients } from '../referee/gradients.js';
import { Bench } from '../support/planes.js';
import { type Values, channelStatistics, convolution } from '../support/reference-operations.js';
import { type ConvolutionShape, type Draw, largest, requireClose, requireTrue, sizes } from './draw.js';

/** Of each method: its number, and what its errors are below, relative to the sum of the sizes of the summands. */
const METHODS = {
  automatic: [0, 3e-5],
  direct: [1, 1e-6],
  winograd2: [2, 4e-6],
  winograd4: [4, 3e-5],
} as const;

type Method = keyof typeof METHODS;
const METHOD_NAMES = Object.keys(METHODS) as Method[];

export function fuzzPlaneConvolution(backend: SimdBackend, draw: Draw): string {
  const method = draw.pick(METHOD_NAMES);
  const isWinograd = method.startsWith('winograd');
  const shape = draw.convolution(isWinograd ? [3] : undefined);
  // It does strides of 1 and 2.
  const drawn = isWinograd ? { ...shape, stride: Math.min(shape.stride, 2) } : shape;
  const { n, height, width, channels, outputs, filterHeight, filterWidth, stride } = drawn;
  const x = draw.values([n, height, width, channels]);
  const filter = draw.values([filterHeight, filterWidth, channels, outputs]);
  const y = convolution(x, filter, stride);
  const dy = draw.values(y.shape);
  checkConvolution(backend, { ...drawn, method, x, filter, y, dy });
  return `${method} ${JSON.stringify(Object.values(drawn))}`;
}

interface Case extends ConvolutionShape {
  readonly method: Method;
  readonly x: Values;
  readonly filter: Values;
  readonly y: Values;
  readonly dy: Values;
}

function checkConvolution(backend: SimdBackend, drawn: Case): void {
  const { n, height, width, channels, outputs, filterHeight, filterWidth, stride, method } = drawn;
  const { x, filter, y, dy } = drawn;
  const [number, tolerance] = METHODS[method];
  const top = padding(height, filterHeight, stride);
  const left = padding(width, filterWidth, stride);
  const bench = new Bench(backend, n);
  try {
    const [, outHeight = 0, outWidth = 0] = y.shape;
    const out = { height: outHeight, width: outWidth, channels: outputs };
    const reach = stride === 1 ? Math.max(left, filterWidth - 1 - left) : 0;
    const px = bench.plane({ height, width, channels }, reach);
    const py = bench.plane(out, 1);
    const pdy = bench.plane(out, filterWidth - 1);
    const pdx = bench.plane({ height, width, channels }, 1);
    const weights = bench.array(filter.data.length);
    const dweights = bench.array(filter.data.length);
    const statistics = bench.array(backend.kernels.stats_floats(outputs));
    const normalized = bench.plane(out);
    const [gamma, beta, mean, variance] = [1, 0, 0, 0].map((value) => {
      const array = bench.array(outputs);
      bench.floats(array).fill(value);
      return array;
    }) as [typeof weights, typeof weights, typeof weights, typeof weights];
    const saved = bench.array(4 * 16 * Math.ceil(outputs / 16));
    bench.write(px, x.data);
    bench.write(pdy, dy.data);
    bench.floats(weights).set(filter.data);
    const sides = [filterHeight, filterWidth, stride, top, left] as const;
    // All of the moving statistics are those of this step: how the sums that the convolution gathers come to light.
    const run = bench.program(
      [
        ['CONVOLUTION', px, weights, py, ...sides, statistics, number],
        ['NORMALIZE', py, normalized, gamma, beta, mean, variance, saved, { float: 1 }, statistics],
        ['FILTER_GRADIENT', px, pdy, dweights, ...sides, number],
        ['INPUT_GRADIENT', pdy, weights, pdx, ...sides, number],
      ],
      { decay: 0 },
    );
    run();
    const { dx, dfilter } = convolutionGradients(x, filter, dy, stride);
    const summed = convolutionGradients(sizes(x), sizes(filter), sizes(dy), stride);
    const products = largest(convolution(sizes(x), sizes(filter), stride).data);
    requireClose('forward', bench.read(py), y.data, tolerance, products);
    requireClose('input gradient', bench.read(pdx), dx.data, tolerance, largest(summed.dx.data));
    const filterScale = largest(summed.dfilter.data);
    requireClose('filter gradient', bench.floats(dweights), dfilter.data, tolerance, filterScale);
    const found = channelStatistics(y);
    requireClose('mean', bench.floats(mean), found.mean.data, tolerance, products);
    requireClose('variance', bench.floats(variance), found.variance.data, 4 * tolerance, products ** 2);
    requireTrue('the margins of y are not 0', bench.isCleared(py));
    requireTrue('the margins of dx are not 0', bench.isCleared(pdx));
    requireTrue('something else was written', bench.isGuarded());
    requireSameBits(backend, () => {
      run();
      return [py, pdx, dweights, mean, variance].map((block) => bench.floats(block).slice());
    });
  } finally {
    bench.dispose();
  }
}

/** Whatever the number of threads. @throws Mismatch */
export function requireSameBits(backend: SimdBackend, run: () => Float32Array[]): void {
  const { kernels } = backend;
  if (kernels.set_threads(1) !== 1) throw new Error('a kernel always has one thread');
  const one = run();
  for (const threads of [2, 3]) {
    if (kernels.set_threads(threads) !== threads) continue;
    try {
      run().forEach((floats, i) => {
        const [ours, others] = [one[i] as Float32Array, floats].map(({ buffer }) => Buffer.from(buffer));
        requireTrue(`${threads} threads give other bits`, (ours as Buffer).equals(others as Buffer));
      });
    } finally {
      kernels.set_threads(1);
    }
  }
}

function padding(size: number, filter: number, stride: number): number {
  return Math.floor(Math.max(0, (Math.ceil(size / stride) - 1) * stride + filter - size) / 2);
}
