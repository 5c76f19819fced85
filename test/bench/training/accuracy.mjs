#!/usr/bin/env node
// Whether the way in which convolutions are computed changes what networks learn: 20 networks trained to the end with each
// method and with tfjs-node, five seeds each. Goes on where it was stopped; `--fresh` begins anew.
//
//   npm run build && node test/bench/training/accuracy.mjs [--networks 20] [--seeds 5] [--steps 300] [--fresh]
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOf } from '../../support/arguments.mjs';
import { CompiledNetwork } from '../../../packages/backend-simd/dist/index.js';
import { loadDataset } from '../../../packages/datasets/dist/index.js';
import { SeededRandom, mutate } from '../../../packages/dna/dist/index.js';
import { chooseBackend } from '../../../packages/trainer/dist/backend.js';
import { ExampleStream } from '../../../packages/trainer/dist/example-stream.js';
import { Examples } from '../../../packages/trainer/dist/examples.js';
import { costOf } from '../../../packages/trainer/dist/flops.js';
import { startingWeights } from '../../../packages/trainer/dist/inherit-weights.js';
import { graphOf } from '../../../packages/trainer/dist/network-graph.js';
import { parametersOf } from '../../../packages/trainer/dist/parameters.js';
import { planNetwork } from '../../../packages/trainer/dist/plan.js';
import { TapeNetwork } from '../../../packages/trainer/dist/tape-network.js';
import { validate } from '../../../packages/trainer/dist/validate.js';
import { accuracyReport } from './accuracy-report.mjs';
import { chain } from './chain.mjs';
import { whyAbsent } from './ours.mjs';
import { CACHE } from './rows.mjs';

/** The first is what the others are compared with. */
const METHODS = { direct: 'direct', 'm=2': 'winograd2', 'm=4': 'winograd4', 'tfjs-node': undefined };
const BATCH = 50;
const RATES = { learningRate: 0.05, weightDecay: 1e-4, momentum: 0.9 };
const MUTATIONS = 15;
/** 8 to 16 channels, so that Winograd's way is what it takes; then mutations make 20 different ones of it. */
const ANCESTOR = [
  [8, 1],
  [16, 1],
  [16, 2],
];
const MOST_FLOPS = 2e7;

const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    networks: { type: 'string', default: '20' },
    seeds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '300' },
    fresh: { type: 'boolean', default: false },
    out: { type: 'string', default: join(CACHE, 'results') },
  },
});
const steps = Number(options.steps);
const dataset = await loadDataset({ source: 'mnist-embedded', meanPool: 2 });
const examples = new Examples(dataset, { padCrop: 1, flip: false });
const file = join(options.out, `accuracy-${steps}.jsonl`);
mkdirSync(options.out, { recursive: true });
if (options.fresh) rmSync(file, { force: true });
const done = existsSync(file)
  ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse)
  : [];

const absent = whyAbsent('tfjs-node');
if (absent !== undefined) console.error(`tfjs-node is left out: ${absent}`);
const methods = Object.keys(METHODS).filter((method) => method !== 'tfjs-node' || absent === undefined);
const plans = networks(Number(options.networks));
for (let seed = 0; seed < Number(options.seeds); seed++) {
  for (const [network, plan] of plans.entries()) {
    for (const method of methods) {
      if (done.some((d) => d.seed === seed && d.network === network && d.method === method)) continue;
      const result = { network, seed, method, ...(await train(plan, method, `accuracy ${network} ${seed}`)) };
      done.push(result);
      appendFileSync(file, `${JSON.stringify(result)}\n`);
      console.error(
        `seed ${seed}, network ${network}, ${method}: ${result.accuracy.toFixed(4)} (${result.seconds.toFixed(1)} s)`,
      );
    }
  }
}
// The file may hold more, from another call.
const wanted = done.filter(({ seed, network }) => seed < Number(options.seeds) && network < plans.length);
console.log(accuracyReport(wanted, methods, { steps, batch: BATCH, examples: dataset.validation.count }));
process.exit(0);

/** Of the ancestor, those children whose convolutions are 3 x 3 in the main. */
function networks(count) {
  const found = [];
  for (let i = 0; found.length < count; i++) {
    const random = new SeededRandom(`accuracy ${i}`);
    const { dna } = mutate(chain(dataset, ANCESTOR), random, { count: MUTATIONS, image: dataset });
    const plan = planNetwork(dna, dataset, dataset.classes.length);
    const filters = plan.vertices.flatMap(({ edges }) =>
      edges.flatMap(({ convolution }) => convolution?.filter ?? []),
    );
    const isLarge = costOf(plan, BATCH).flopsPerStep / BATCH > MOST_FLOPS;
    if (!isLarge && filters.length >= 2 * 4 && hasWinograd(plan)) found.push(plan);
  }
  return found;
}

function hasWinograd({ vertices }) {
  const edges = vertices.flatMap((vertex) => vertex.edges);
  return edges.some(
    ({ convolution: c }) => c?.stride === 1 && c.filter[0] === 3 && c.filter[1] === 3 && c.filter[2] >= 6,
  );
}

async function train(plan, method, seed) {
  const isOurs = METHODS[method] !== undefined;
  const { operations } = await chooseBackend(isOurs ? 'native' : 'tfjs-node');
  const values = startingWeights(parametersOf(plan), undefined, seed);
  const sizes = { trainingBatch: BATCH, inferenceBatch: 2 * BATCH };
  const network = isOurs
    ? new CompiledNetwork(graphOf(plan), { ...sizes, method: METHODS[method], values })
    : new TapeNetwork(plan, operations, values, { training: BATCH, inference: 2 * BATCH });
  const begun = performance.now();
  try {
    const stream = new ExampleStream(dataset.train.count, seed);
    let loss = NaN;
    for (let i = 0; i < steps; i++) {
      examples.training(stream.next(BATCH), stream.random, network.training);
      // A tenth of the rate at the end, so that the accuracy is that of a network that has settled.
      const learningRate = i < 0.7 * steps ? RATES.learningRate : RATES.learningRate / 10;
      loss = network.step({ ...RATES, learningRate });
    }
    const accuracy = await validate(network, examples, dataset.validation);
    return { accuracy, loss, seconds: (performance.now() - begun) / 1000 };
  } finally {
    network.dispose();
  }
}
