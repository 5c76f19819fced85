// What an individual of the quickstart's kind costs, and whether the trainer's memory stays flat.
//
//   npx tsc --build && node test/bench/trainer.mjs [individuals]

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDataset } from '../../packages/datasets/dist/index.js';
import { SeededRandom, firstDna, formatDna, mutate } from '../../packages/dna/dist/index.js';
import { TrainerProcess } from '../../packages/trainer/dist/index.js';
import { chooseBackend } from '../../packages/trainer/dist/backend.js';
import { ExampleStream } from '../../packages/trainer/dist/example-stream.js';
import { Examples } from '../../packages/trainer/dist/examples.js';
import { costOf } from '../../packages/trainer/dist/flops.js';
import { startingWeights } from '../../packages/trainer/dist/inherit-weights.js';
import { createNetwork } from '../../packages/trainer/dist/network.js';
import { parametersOf } from '../../packages/trainer/dist/parameters.js';
import { planNetwork } from '../../packages/trainer/dist/plan.js';
import { trainingSchema } from '../../packages/trainer/dist/settings.js';

const INDIVIDUALS = Number(process.argv[2] ?? 200);
const data = { source: 'mnist-embedded', meanPool: 2 };
const training = { steps: 100, batchSize: 50 };
const settings = trainingSchema.parse(training);
const dataset = await loadDataset(data);
const { operations } = await chooseBackend('wasm');
const examples = new Examples(dataset, settings);

const dnaOf = (seed, count) => mutate(firstDna(), new SeededRandom(seed), { count, image: dataset }).dna;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

console.log(
  `${dataset.height} x ${dataset.width} x ${dataset.channels}, batch ${settings.batchSize}, back end wasm\n`,
);
console.log('| mutations | ms a step, median (largest) | MFLOP a step, median | data | kernels |');
console.log('|---:|---:|---:|---:|---:|');
for (const mutations of [0, 10, 30]) {
  const rows = Array.from({ length: mutations === 0 ? 3 : 15 }, (_, i) =>
    measure(dnaOf(`bench ${i}`, mutations)),
  );
  const steps = rows.map(({ step }) => step);
  const share = (of) => {
    const [part, whole] = [of, 'step'].map((key) => rows.reduce((sum, row) => sum + row[key], 0));
    return `${Math.round((100 * part) / whole)} %`;
  };
  console.log(
    `| ${mutations} | ${median(steps).toFixed(2)} (${Math.max(...steps).toFixed(2)}) | ${median(rows.map(({ flops }) => flops / 1e6)).toFixed(1)} ` +
      `| ${share('data')} | ${share('kernels')} |`,
  );
}
await trainInChild();

/** Milliseconds of one step and of its parts, over 100 steps after 20. */
function measure(dna) {
  const plan = planNetwork(dna, dataset, dataset.classes.length);
  const weights = startingWeights(parametersOf(plan), undefined, 'bench');
  const network = createNetwork(plan, operations, weights, { training: settings.batchSize });
  const stream = new ExampleStream(dataset.train.count, 'bench');
  const options = { learningRate: 0.01, weightDecay: 1e-4, momentum: 0.9 };
  const total = { data: 0, network: 0 };
  for (let i = 0; i < 120; i++) {
    if (i === 20) total.data = total.network = 0;
    const begun = performance.now();
    examples.training(stream.next(settings.batchSize), stream.random, network.training);
    const filled = performance.now();
    network.step(options);
    total.data += filled - begun;
    total.network += performance.now() - filled;
  }
  network.dispose();
  return {
    step: (total.data + total.network) / 100,
    data: total.data / 100,
    kernels: total.network / 100,
    flops: costOf(plan, settings.batchSize).flopsPerStep,
  };
}

/** Whole individuals, as a worker has them trained: 15 mutations on average. */
async function trainInChild() {
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-bench-'));
  const trainer = new TrainerProcess({ data, training, backend: 'wasm' });
  const never = new AbortController().signal;
  const control = { handBack: never, abandon: never, onProgress: () => undefined };
  try {
    await trainer.ready();
    const [pid] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
    const sizes = [];
    const kinds = {};
    const begun = performance.now();
    for (let i = 0; i < INDIVIDUALS; i++) {
      const individual = join(folder, String(i));
      const output = join(individual, '1');
      mkdirSync(output, { recursive: true });
      writeFileSync(join(individual, 'dna.json'), formatDna(dnaOf(`child ${i}`, i % 31)));
      const request = { id: `w-${i}`, individual, output, attempt: 1, seed: `child ${i}`, resume: undefined };
      const outcome = await trainer.evaluate(request, control);
      const kind =
        outcome.kind === 'failed'
          ? outcome.failure.class
          : outcome.result?.diverged
            ? 'diverged'
            : outcome.kind;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      sizes.push(memory());
      if (readdirSync(output).length === 0) throw new Error(`${individual}: nothing was written`);
      rmSync(individual, { recursive: true });
    }
    const minutes = (performance.now() - begun) / 60_000;
    const outcomes = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
    console.log(
      `\n${Math.round(INDIVIDUALS / minutes)} individuals a minute in one process (0 to 30 mutations): ${outcomes.join(', ')}`,
    );
    const at = [1, 0.1, 0.25, 0.5, 1].map((share, i) => (i === 0 ? 0 : Math.ceil(share * INDIVIDUALS) - 1));
    console.log(
      `memory of the process after ${at.map((i) => `${i + 1}: ${Math.round(sizes[i])} MiB`).join(', ')}`,
    );
  } finally {
    await trainer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
