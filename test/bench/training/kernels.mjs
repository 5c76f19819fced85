#!/usr/bin/env node
// Each convolution of the five nets in its three directions: how fast, as if it were computed directly, with each method.
//
//   npm run build && node test/bench/training/kernels.mjs [--engine native|wasm] [--rounds 5] [--nets ref32,…]
//   GALAPAGOS_ISA=avx2 node test/bench/training/kernels.mjs
import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SimdBackend, nativeEngine, registerSimdBackend } from '@galapagos/backend-simd';
import { findBackend, setBackend } from '@tensorflow/tfjs-core';
import { argumentsOf } from '../../support/arguments.mjs';
import { compiled } from '../../worker/fixtures/compile.mjs';
import { describe, fmaPeak, load, machine } from '../machine.mjs';
import { BATCH, FIXED_NETS, netOf } from './nets.mjs';
import { median, table } from '../figures.mjs';
import { CACHE } from './rows.mjs';

const { Bench } = await import(await compiled('support/planes.ts'));
/** The numbers by which the kernels know them. */
const METHODS = { direct: 1, 'm=4': 4, 'm=2': 2, automatic: 0 };
const DIRECTIONS = ['forward', 'input', 'filter'];
/** Processor time of one measurement, in seconds. */
const MEASURED = 0.05;

const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    engine: { type: 'string', default: 'native' },
    rounds: { type: 'string', default: '5' },
    nets: { type: 'string', default: FIXED_NETS.join() },
    out: { type: 'string', default: join(CACHE, 'results') },
  },
});
const name = registerSimdBackend(options.engine);
await setBackend(name);
const backend = findBackend(name);
if (!(backend instanceof SimdBackend)) throw new Error(`${name} is no back end of ours`);
const detail = options.engine === 'native' ? nativeEngine().isa : 'simd128';

const peaks = [];
const results = [];
for (const convolution of convolutions(options.nets.split(','))) {
  peaks.push(fmaPeak() ?? NaN);
  results.push({ ...convolution, rates: measureAll(convolution) });
  console.error(`${convolution.title}`);
}
const peak = Math.max(...peaks);
const record = { machine: machine(), detail, peak, load: load(), batch: BATCH, results };
mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, `kernels-${detail}.json`), `${JSON.stringify(record, null, 1)}\n`);
const text = `${describe(record.machine)}\n${options.engine}, ${detail}; batch ${BATCH}; FMA peak of one core ${peak.toFixed(0)} GFLOP/s. GFLOP/s by processor time, as if direct (of the peak), median of ${options.rounds} rounds.\n\n${tableOf(results)}`;
writeFileSync(join(options.out, `kernels-${detail}.md`), `${text}\n`);
console.log(text);

/** Each shape once. */
function convolutions(nets) {
  const found = new Map();
  for (const net of nets) {
    const { plan } = netOf(net);
    const shapes = new Map(plan.vertices.map(({ id, shape }) => [id, shape]));
    for (const { edges } of plan.vertices) {
      for (const { from, yields, convolution } of edges) {
        if (convolution === undefined) continue;
        const image = shapes.get(from) ?? plan.image;
        const [height, width, channels, outputs] = convolution.filter;
        const title = `${image.height}x${image.width} ${channels}-${outputs}, ${height}x${width}/${convolution.stride}`;
        if (!found.has(title))
          found.set(title, { title, image, yields, convolution, learns: shapes.has(from) });
      }
    }
  }
  return [...found.values()];
}

function measureAll({ image, yields, convolution: { filter, stride }, learns }) {
  const [height, width, channels, outputs] = filter;
  const bench = new Bench(backend, BATCH);
  const top = padding(image.height, height, stride);
  const left = padding(image.width, width, stride);
  const noise = (block) => bench.floats(block).forEach((_, i, floats) => (floats[i] = Math.random() - 0.5));
  const x = bench.plane(image, stride === 1 ? Math.max(left, width - 1 - left) : 0);
  const dx = bench.plane(image, 0);
  const y = bench.plane(yields, 0);
  const dy = bench.plane(yields, width - 1);
  const [weights, dweights] = [0, 1].map(() => bench.array(height * width * channels * outputs));
  for (const [plane, shape] of [
    [x, image],
    [dy, yields],
  ])
    bench.write(
      plane,
      Float32Array.from(
        { length: BATCH * shape.height * shape.width * shape.channels },
        () => Math.random() - 0.5,
      ),
    );
  noise(weights);
  const sides = [height, width, stride, top, left];
  const instructions = (method) => ({
    forward: ['CONVOLUTION', x, weights, y, ...sides, 0, method],
    input: ['INPUT_GRADIENT', dy, weights, dx, ...sides, method],
    filter: ['FILTER_GRADIENT', x, dy, dweights, ...sides, method],
  });
  const flops = 2 * BATCH * yields.height * yields.width * height * width * channels * outputs;
  const runs = Object.entries(METHODS).flatMap(([method, number]) =>
    DIRECTIONS.filter((direction) => direction !== 'input' || learns).map((direction) => ({
      key: `${direction} ${method}`,
      run: bench.program([instructions(number)[direction]]),
      rates: [],
    })),
  );
  for (let round = 0; round <= Number(options.rounds); round++) {
    // The first is only to warm up.
    for (const { run, rates } of runs) rates.push(flops / secondsOf(run) / 1e9);
  }
  bench.dispose();
  return Object.fromEntries(runs.map(({ key, rates }) => [key, median(rates.slice(1))]));
}

/** Of processor time, of one run. */
function secondsOf(run) {
  let times = 0;
  let taken;
  const from = process.cpuUsage();
  do {
    const more = Math.max(1, times);
    run(more);
    times += more;
    const { user, system } = process.cpuUsage(from);
    taken = (user + system) / 1e6;
  } while (taken < MEASURED);
  return taken / times;
}

function padding(size, filter, stride) {
  return Math.floor(Math.max(0, (Math.ceil(size / stride) - 1) * stride + filter - size) / 2);
}

function tableOf(found) {
  const methods = Object.keys(METHODS);
  const lines = found.flatMap(({ title, rates }) =>
    DIRECTIONS.filter((direction) => `${direction} direct` in rates).map((direction) => [
      title,
      direction,
      ...methods.map((method) => {
        const rate = rates[`${direction} ${method}`];
        return `${rate.toFixed(0)} (${((100 * rate) / peak).toFixed(0)} %)`;
      }),
    ]),
  );
  return table(['convolution', 'direction', ...methods], lines);
}
