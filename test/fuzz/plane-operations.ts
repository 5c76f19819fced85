// The other instructions of compiled networks, against float64.
import type { SimdBackend } from '@galapagos/backend-simd';
import {
  batchNormalizationGradients,
  denseGradients,
  globalAveragePoolGradient,
  resizeNearestGradient,
  softmaxCrossEntropyGradient,
} from '../referee/gradients.js';
import { Bench, type ImageShape } from '../support/planes.js';
import {
  type Values,
  batchNormalization,
  channelStatistics,
  countCorrect,
  dense,
  globalAveragePool,
  matchChannels,
  normalize,
  resizeNearest,
  sgdMomentum,
  softmaxCrossEntropy,
  sum,
} from '../support/reference-operations.js';
import { type Draw, largest, requireClose, requireTrue, sizes } from './draw.js';
import { requireSameBits } from './plane-convolutions.js';

const TOLERANCE = 1e-6;
const EPSILON = 1e-3;

type Check = (bench: Bench, draw: Draw, shape: [number, number, number, number]) => Run;
interface Run {
  readonly run: () => void;
  readonly check: () => void;
  /** What it writes. */
  readonly out: { readonly line: number; readonly floats: number }[];
}

function imageOf([, height, width, channels]: readonly number[]): ImageShape {
  return { height: height as number, width: width as number, channels: channels as number };
}

/** A map from one plane to another. */
function map(
  name: 'RESIZE' | 'MATCH_CHANNELS' | 'RESIZE_GRADIENT',
  reference: (x: Values, draw: Draw) => Values,
): Check {
  return (bench, draw, shape) => {
    const x = draw.values(shape);
    const y = reference(x, draw);
    const px = bench.plane(imageOf(shape), draw.integer(3));
    const py = bench.plane(imageOf(y.shape), draw.integer(3));
    bench.write(px, x.data);
    const run = bench.program([[name, px, py]]);
    const check = () => {
      // A gradient may be a sum of many.
      requireClose(name, bench.read(py), y.data, TOLERANCE, Math.max(1, largest(y.data)));
      requireTrue('the margins are not 0', bench.isCleared(py));
    };
    return { run, check, out: [py] };
  };
}

const add: Check = (bench, draw, shape) => {
  const [a, b] = [draw.values(shape), draw.values(shape)];
  const planes = [a, b].map((values) => {
    const plane = bench.plane(imageOf(shape), draw.integer(3));
    bench.write(plane, values.data);
    return plane;
  });
  const py = bench.plane(imageOf(shape), draw.integer(3));
  const [pa, pb] = planes as [typeof py, typeof py];
  const run = bench.program([['ADD', pa, pb, py]]);
  const check = () => {
    requireClose('ADD', bench.read(py), sum([a, b]).data, TOLERANCE, 2);
    requireTrue('the margins are not 0', bench.isCleared(py));
  };
  return { run, check, out: [py] };
};

const loadImages: Check = (bench, draw, shape) => {
  const x = draw.values(shape);
  const images = bench.array(x.data.length);
  bench.floats(images).set(x.data);
  const px = bench.plane(imageOf(shape), draw.integer(4));
  const run = bench.program([['LOAD_IMAGES', px, images]]);
  const check = () => {
    requireClose('LOAD_IMAGES', bench.read(px), x.data, 0, 1);
    requireTrue('the margins are not 0', bench.isCleared(px));
  };
  return { run, check, out: [px] };
};

/** The image's pixels as the examples' placements say, normalised, 0 beyond. */
export function placedImages(
  [size, height, width, channels]: readonly [number, number, number, number],
  bytes: Uint8Array,
  placements: ArrayLike<number>,
  { scale, shift }: { readonly scale: ArrayLike<number>; readonly shift: ArrayLike<number> },
): Float64Array {
  const placed = new Float64Array(size * height * width * channels);
  let at = 0;
  for (let n = 0; n < size; n++) {
    const [down, right, mirrored] = [0, 1, 2].map((i) => placements[3 * n + i] as number) as [
      number,
      number,
      number,
    ];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [fromY, fromX] = [y + down, (mirrored === 0 ? x : width - 1 - x) + right];
        const isInside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
        const pixel = ((n * height + fromY) * width + fromX) * channels;
        for (let c = 0; c < channels; c++, at++)
          if (isInside)
            placed[at] = (bytes[pixel + c] as number) * (scale[c] as number) + (shift[c] as number);
      }
    }
  }
  return placed;
}

const placeImages: Check = (bench, draw, shape) => {
  const [size, height, width, channels] = shape;
  const numbers = size * height * width * channels;
  const [pbytes, pplacements] = [bench.array(Math.ceil(numbers / 4)), bench.array(3 * size)];
  const [pscale, pshift] = [bench.array(channels), bench.array(channels)];
  const bytes = Uint8Array.from({ length: numbers }, () => draw.integer(256));
  const shiftOf = (side: number) =>
    draw.pick([0, 0, draw.integer(2 * side + 5) - side - 2, draw.integer(9) - 4, -(2 ** 31), 2 ** 31 - 1]);
  const placements = Int32Array.from({ length: 3 * size }, (_, i) =>
    i % 3 === 2 ? draw.pick([0, 1]) : shiftOf(i % 3 === 0 ? height : width),
  );
  const [scale, shift] = [draw.values([channels], 0.02).data, draw.values([channels]).data];
  new Uint8Array(bench.ints(pbytes).buffer, bench.ints(pbytes).byteOffset, numbers).set(bytes);
  bench.ints(pplacements).set(placements);
  bench.floats(pscale).set(scale);
  bench.floats(pshift).set(shift);
  const px = bench.plane(imageOf(shape), draw.integer(4));
  const run = bench.program([['PLACE_IMAGES', px, pbytes, pplacements, pscale, pshift]]);
  const check = () => {
    const expected = placedImages(shape, bytes, placements, { scale, shift });
    requireClose('PLACE_IMAGES', bench.read(px), expected, TOLERANCE, 5);
    requireTrue('the margins are not 0', bench.isCleared(px));
  };
  return { run, check, out: [px] };
};

const normalization: Check = (bench, draw, shape) => {
  const channels = shape[3];
  const options = { epsilon: EPSILON, leakiness: draw.pick([0, 0, 0.1, 1]) };
  const decay = 0.9;
  const [gamma, beta] = [draw.values([channels], 3), draw.values([channels], 2)];
  const [mean, variance] = [draw.values([channels]), sizes(draw.values([channels]))];
  const offset = draw.pick([0, 0, 10]);
  let x: Values;
  // On the kink of the ReLU float32 may take the other side.
  do {
    x = draw.values(shape);
    x.data.forEach((value, i) => (x.data[i] = Math.fround(value + offset)));
  } while (options.leakiness < 1 && isNearKink(x, gamma, beta));
  const dy = draw.values(shape);
  const arrays = Array.from({ length: 4 }, () => bench.array(channels)) as [Block, Block, Block, Block];
  const [pgamma, pbeta, pmean, pvariance] = arrays;
  const [dgamma, dbeta] = [bench.array(channels), bench.array(channels)];
  const saved = bench.array(4 * 16 * Math.ceil(channels / 16));
  const [px, py, pdy, pdx, pz] = Array.from({ length: 5 }, () =>
    bench.plane(imageOf(shape), draw.integer(3)),
  ) as [Plane, Plane, Plane, Plane, Plane];
  bench.write(px, x.data);
  bench.write(pdy, dy.data);
  const slope = { float: options.leakiness };
  const program = bench.program(
    [
      ['NORMALIZE_INFERENCE', px, pz, pgamma, pbeta, pmean, pvariance, slope],
      ['NORMALIZE', px, py, pgamma, pbeta, pmean, pvariance, saved, slope, 0],
      ['NORMALIZE_GRADIENT', pdy, px, pdx, pgamma, saved, dgamma, dbeta, slope],
    ],
    { epsilon: EPSILON, decay },
  );
  const run = () => {
    // The statistics move with each run.
    [gamma, beta, mean, variance].forEach(({ data }, i) => bench.floats(arrays[i] as Block).set(data));
    program();
  };
  const check = () => {
    const found = channelStatistics(x);
    const moved = (old: Values, now: Values) =>
      old.data.map((value, c) => decay * value + (1 - decay) * (now.data[c] as number));
    // The mean is taken off x first, which costs as many digits as it is larger than the deviation.
    const lost = 1 + offset;
    const y = batchNormalization(x, gamma, beta, options).data;
    requireClose('NORMALIZE', bench.read(py), y, 2 * lost * TOLERANCE, Math.max(1, largest(y)));
    requireClose('mean', bench.floats(pmean), moved(mean, found.mean), TOLERANCE, lost);
    requireClose('variance', bench.floats(pvariance), moved(variance, found.variance), lost * TOLERANCE, 1);
    const expected = batchNormalizationGradients(x, gamma, beta, dy, options);
    const summed = batchNormalizationSizes(x, gamma, dy);
    requireClose('dx', bench.read(pdx), expected.dx.data, 4 * lost * TOLERANCE, summed.dx);
    requireClose('dgamma', bench.floats(dgamma), expected.dgamma.data, lost * TOLERANCE, summed.dgamma);
    requireClose('dbeta', bench.floats(dbeta), expected.dbeta.data, TOLERANCE, summed.dbeta);
    const z = normalize(x, gamma, beta, mean, variance, options).data;
    requireClose('NORMALIZE_INFERENCE', bench.read(pz), z, 2 * lost * TOLERANCE, Math.max(1, largest(z)));
    for (const plane of [py, pdx, pz]) requireTrue('the margins are not 0', bench.isCleared(plane));
  };
  return { run, check, out: [py, pz, pdx, dgamma, dbeta, pmean, pvariance] };
};

type Plane = ReturnType<Bench['plane']>;
type Block = ReturnType<Bench['array']>;

function isNearKink(x: Values, gamma: Values, beta: Values): boolean {
  const { mean, variance } = channelStatistics(x);
  const channels = gamma.data.length;
  return x.data.some((value, i) => {
    const c = i % channels;
    const hat = (value - (mean.data[c] as number)) / Math.sqrt((variance.data[c] as number) + EPSILON);
    return Math.abs((gamma.data[c] as number) * hat + (beta.data[c] as number)) < 1e-5;
  });
}

/** What errors of the gradients are small against: sums of sizes. */
function batchNormalizationSizes(
  x: Values,
  gamma: Values,
  dy: Values,
): { dx: number; dgamma: number; dbeta: number } {
  const { variance } = channelStatistics(x);
  const channels = gamma.data.length;
  const rows = x.data.length / channels;
  const scale = largest(gamma.data.map((g, c) => g / Math.sqrt((variance.data[c] as number) + EPSILON)));
  return { dx: Math.max(1, scale) * (1 + largest(dy.data)), dgamma: rows, dbeta: rows };
}

const classifier: Check = (bench, draw, shape) => {
  const [n, , , channels] = shape;
  const classes = 1 + draw.integer(30);
  const x = draw.values(shape, 3);
  const [kernel, bias] = [draw.values([channels, classes], 2), draw.values([classes])];
  const labels = Array.from({ length: n }, () => draw.integer(classes));
  const valid = draw.integer(n + 1);
  const pitch = 16 * Math.ceil(n / 16);
  const [px, pdx] = [
    bench.plane(imageOf(shape), draw.integer(2)),
    bench.plane(imageOf(shape), draw.integer(2)),
  ];
  const [features, dfeatures] = [bench.array(channels * pitch), bench.array(channels * pitch)];
  const [pkernel, pbias] = [bench.array(channels * classes), bench.array(classes)];
  const [dkernel, dbias] = [bench.array(channels * classes), bench.array(classes)];
  const [logits, dlogits, plabels] = [bench.array(n * classes), bench.array(n * classes), bench.array(n)];
  bench.write(px, x.data);
  bench.floats(pkernel).set(kernel.data);
  bench.floats(pbias).set(bias.data);
  bench.ints(plabels).set(labels);
  const program = bench.program(
    [
      ['POOL', px, features],
      ['DENSE', features, pkernel, pbias, logits, channels, classes],
      ['LOSS', logits, plabels, dlogits, classes],
      ['COUNT_CORRECT', logits, plabels, classes],
      ['DENSE_GRADIENT', dlogits, features, pkernel, dfeatures, dkernel, dbias, channels, classes],
      ['POOL_GRADIENT', dfeatures, pdx],
    ],
    { valid },
  );
  const run = () => {
    bench.ints(bench.result).fill(0);
    program();
  };
  const check = () => {
    const pooled = globalAveragePool(x);
    const scores = dense(pooled, kernel, bias);
    const scale = 1 + largest(dense(sizes(pooled), sizes(kernel), sizes(bias)).data);
    requireClose('DENSE', bench.floats(logits), scores.data, TOLERANCE, scale);
    const loss = softmaxCrossEntropy(scores, labels).data;
    requireClose('LOSS', bench.floats(bench.result).slice(0, 1), loss, 2 * TOLERANCE, scale);
    requireTrue('LOSS found a bad label', bench.ints(bench.result)[2] === -1);
    const dscores = softmaxCrossEntropyGradient(scores, labels);
    requireClose('gradient of LOSS', bench.floats(dlogits), dscores.data, 2 * TOLERANCE * scale, 1 / n);
    // float32 may rank two logits the other way round where they are almost the same.
    if (!hasTie(scores, scale)) {
      const {
        data,
        shape: [, k = 1],
      } = scores;
      const some = { shape: [valid, k], data: data.subarray(0, valid * k) };
      requireTrue(
        'COUNT_CORRECT',
        bench.ints(bench.result)[1] === countCorrect(some, labels.slice(0, valid)),
      );
    }
    const expected = denseGradients(pooled, kernel, dscores);
    requireClose('dkernel', bench.floats(dkernel), expected.dkernel.data, 4 * TOLERANCE * scale, 3);
    requireClose('dbias', bench.floats(dbias), expected.dbias.data, 4 * TOLERANCE * scale, 1);
    const dx = globalAveragePoolGradient(expected.dx, shape);
    const most = (2 * classes) / n / (shape[1] * shape[2]);
    requireClose('POOL_GRADIENT', bench.read(pdx), dx.data, 4 * TOLERANCE * scale, most);
    requireTrue('the margins are not 0', bench.isCleared(pdx));
  };
  return { run, check, out: [logits, dlogits, dkernel, dbias, pdx] };
};

function hasTie({ data, shape: [n = 0, k = 0] }: Values, scale: number): boolean {
  return Array.from({ length: n }).some((_, row) => {
    const [first = 0, second = -Infinity] = [...data.subarray(row * k, (row + 1) * k)].sort((a, b) => b - a);
    return first - second < 1e-5 * scale;
  });
}

const sgd: Check = (bench, draw, shape) => {
  const count = shape[0] * shape[3];
  const [value, momentum, gradient] = [draw.values([count]), draw.values([count]), draw.values([count])];
  const decays = draw.integer(2);
  const options = { learningRate: 0.25, momentum: 0.9, weightDecay: 0.125 };
  const [pvalue, pmomentum, pgradient] = [bench.array(count), bench.array(count), bench.array(count)];
  const header = { rate: options.learningRate, momentum: options.momentum, weightDecay: options.weightDecay };
  const program = bench.program([['SGD', pvalue, pmomentum, pgradient, count, decays]], header);
  const run = () => {
    bench.floats(pvalue).set(value.data);
    bench.floats(pmomentum).set(momentum.data);
    bench.floats(pgradient).set(gradient.data);
    program();
  };
  const check = () => {
    const copies = [value, momentum].map(({ shape, data }) => ({ shape, data: data.slice() })) as [
      Values,
      Values,
    ];
    sgdMomentum(copies[0], copies[1], gradient, { ...options, weightDecay: decays * options.weightDecay });
    requireClose('SGD', bench.floats(pvalue), copies[0].data, TOLERANCE, 2);
    requireClose('momentum of SGD', bench.floats(pmomentum), copies[1].data, TOLERANCE, 2);
  };
  return { run, check, out: [pvalue, pmomentum] };
};

const side = (draw: Draw) => draw.size(33);
const OPERATIONS: Readonly<Record<string, Check>> = {
  'load images': loadImages,
  'place images': placeImages,
  resize: map('RESIZE', (x, draw) => resizeNearest(x, side(draw), side(draw))),
  // The gradient of a resize from another size to this one.
  'resize gradient': map('RESIZE_GRADIENT', (dy, draw) => {
    const [n, , , channels] = dy.shape;
    return resizeNearestGradient(dy, [n as number, side(draw), side(draw), channels as number]);
  }),
  channels: map('MATCH_CHANNELS', (x, draw) => matchChannels(x, draw.size(70))),
  add,
  normalization,
  classifier,
  sgd,
};

export function fuzzPlaneOperation(
  backend: SimdBackend,
  draw: Draw,
  name = draw.pick(Object.keys(OPERATIONS)),
): string {
  const shape = draw.image();
  const bench = new Bench(backend, shape[0]);
  try {
    const { run, check, out } = (OPERATIONS[name] as Check)(bench, draw, shape);
    run();
    check();
    requireTrue('something else was written', bench.isGuarded());
    requireSameBits(backend, () => {
      run();
      return out.map((block) => bench.floats(block).slice());
    });
  } catch (error) {
    if (error instanceof Error) error.message = `${name} [${shape.join()}]: ${error.message}`;
    throw error;
  } finally {
    bench.dispose();
  }
  return `${name} ${JSON.stringify(shape)}`;
}
