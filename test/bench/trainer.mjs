// What the steps of individuals cost, and what of that is the reading of their examples; how soon the trainer's process
// makes its first step; and whether its memory stays flat over many individuals and over many steps.
//
//   npx tsc --build && node test/bench/trainer.mjs [individuals] [steps]

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
const STEPS = Number(process.argv[3] ?? 20_000);
const data = { source: 'mnist-embedded', meanPool: 2 };
const training = { steps: 100, batchSize: 50 };
const { name: backend, operations } = await chooseBackend('auto');
/** As large as those of CIFAR-10, which cannot be had everywhere; augmented as the paper does it. */
const colours = { height: 32, width: 32, channels: 3, classes: 10, examples: 12_000, noise: 0.1 };
const searches = {
  'digits, 14 x 14 x 1': [data, training],
  'colours, 32 x 32 x 3, cropped and mirrored': [
    { source: 'synthetic', validation: 1000, test: 1000, synthetic: colours },
    { ...training, padCrop: 4, flip: true },
  ],
};

const dnaOf = (seed, count, image) => mutate(firstDna(), new SeededRandom(seed), { count, image }).dna;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

for (const [name, [of, how]] of Object.entries(searches))
  await measureSearch(name, await loadDataset(of), how);
await trainInChild();

async function measureSearch(name, dataset, how) {
  const settings = trainingSchema.parse(how);
  const examples = new Examples(dataset, settings);
  console.log(`${name}; batch ${settings.batchSize}, back end ${backend}\n`);
  console.log('| mutations | ms a step, median (largest) | MFLOP a step, median | reading, ms | of a step |');
  console.log('|---:|---:|---:|---:|---:|');
  for (const mutations of [0, 10, 30, 100]) {
    const rows = Array.from({ length: mutations === 0 ? 3 : 15 }, (_, i) =>
      measure(dnaOf(`bench ${i}`, mutations, dataset), examples, settings),
    );
    const steps = rows.map(({ step }) => step);
    const read = median(rows.map(({ data }) => data));
    console.log(
      `| ${mutations} | ${median(steps).toFixed(2)} (${Math.max(...steps).toFixed(2)}) | ${median(rows.map(({ flops }) => flops / 1e6)).toFixed(1)} ` +
        `| ${read.toFixed(3)} | ${((100 * read) / median(steps)).toFixed(0)} % |`,
    );
  }
  console.log('');
  dataset.close();
}

/** Milliseconds of one step and of its reading: medians of 100 steps after 20. */
function measure(dna, examples, settings) {
  const { dataset } = examples;
  const plan = planNetwork(dna, dataset, dataset.classes.length);
  const weights = startingWeights(parametersOf(plan), undefined, 'bench');
  const { normalization } = dataset;
  const network = createNetwork(plan, operations, weights, { training: settings.batchSize, normalization });
  const stream = new ExampleStream(dataset.train.count, 'bench');
  const options = { learningRate: 0.01, weightDecay: 1e-4, momentum: 0.9 };
  const times = { data: [], step: [] };
  for (let i = 0; i < 120; i++) {
    const begun = performance.now();
    examples.training(stream.next(settings.batchSize), stream.random, network.training);
    const filled = performance.now();
    network.step(options);
    if (i < 20) continue;
    times.data.push(filled - begun);
    times.step.push(performance.now() - begun);
  }
  network.dispose();
  return {
    step: median(times.step),
    data: median(times.data),
    flops: costOf(plan, settings.batchSize).flopsPerStep,
  };
}

/** Whole individuals, as a worker has them trained: 15 mutations on average. */
async function trainInChild() {
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-bench-'));
  const trainer = new TrainerProcess({ data, training, backend });
  const never = new AbortController().signal;
  const dataset = await loadDataset(data);
  try {
    await trainer.ready();
    const memory = memoryOfChild();
    const sizes = [];
    const firstSteps = [];
    const kinds = {};
    const begun = performance.now();
    for (let i = 0; i < INDIVIDUALS; i++) {
      const individual = join(folder, String(i));
      const output = join(individual, '1');
      mkdirSync(output, { recursive: true });
      writeFileSync(join(individual, 'dna.json'), formatDna(dnaOf(`child ${i}`, i % 31, dataset)));
      const request = { id: `w-${i}`, individual, output, attempt: 1, seed: `child ${i}`, resume: undefined };
      const asked = performance.now();
      let isFirst = true;
      const onProgress = () => {
        // The first of a training is told behind its first step.
        if (isFirst) firstSteps.push(performance.now() - asked);
        isFirst = false;
      };
      const outcome = await trainer.evaluate(request, { handBack: never, abandon: never, onProgress });
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
    console.log(
      `asked to the end of the first step: ${firstSteps[0].toFixed(0)} ms for the first, ` +
        `then ${median(firstSteps.slice(1)).toFixed(0)} ms (largest ${Math.max(...firstSteps.slice(1)).toFixed(0)})`,
    );
    const at = [1, 0.1, 0.25, 0.5, 1].map((share, i) => (i === 0 ? 0 : Math.ceil(share * INDIVIDUALS) - 1));
    console.log(
      `memory of the process after ${at.map((i) => `${i + 1}: ${Math.round(sizes[i])} MiB`).join(', ')}`,
    );
    await trainer.close();
    await trainLong(folder, dataset);
  } finally {
    await trainer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One individual, for many steps. */
async function trainLong(folder, dataset) {
  const trainer = new TrainerProcess({ data, training: { ...training, steps: STEPS }, backend });
  try {
    await trainer.ready();
    const memory = memoryOfChild();
    const output = join(folder, 'long', '1');
    mkdirSync(output, { recursive: true });
    writeFileSync(join(folder, 'long', 'dna.json'), formatDna(dnaOf('bench 3', 30, dataset)));
    const request = { id: 'w-0', individual: join(folder, 'long'), output, attempt: 1, seed: 'long' };
    const never = new AbortController().signal;
    const sizes = new Map();
    const onProgress = ({ step }) => sizes.set(step, memory());
    const { result } = await trainer.evaluate(request, { handBack: never, abandon: never, onProgress });
    const all = [...sizes];
    const at = [0, 0.1, 0.25, 0.5, 1].map((share) => all[Math.round(share * (all.length - 1))]);
    console.log(
      `${result.steps} steps in ${result.seconds.toFixed(1)} s; memory of the process after step ` +
        at.map(([step, size]) => `${step}: ${Math.round(size)} MiB`).join(', '),
    );
  } finally {
    await trainer.close();
  }
}

/** Mebibytes that the process of the trainer has in memory. */
function memoryOfChild() {
  const [pid] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').slice(-1);
  return () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
