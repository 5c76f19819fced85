#!/usr/bin/env node
// What its images cost a step: drawn at random, read from the packed file, cropped, mirrored and normalised.
//
//   npm run build && node test/bench/training/input.mjs [--rounds 9] [--nets first,ref32,dna3]
//
// Whole steps with fresh images as Galapagos trains, against steps on images that are there already, as the bench of
// training counts them; interleaved, by processor time, the least of all rounds. The data are noise in the files of CIFAR-10, all 50,000 images.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentsOf } from '../../support/arguments.mjs';
import { CompiledNetwork } from '../../../packages/backend-simd/dist/index.js';
import { loadDataset } from '../../../packages/datasets/dist/index.js';
import { SeededRandom, firstDna } from '../../../packages/dna/dist/index.js';
import { chooseBackend } from '../../../packages/trainer/dist/backend.js';
import { ExampleStream } from '../../../packages/trainer/dist/example-stream.js';
import { Examples } from '../../../packages/trainer/dist/examples.js';
import { graphOf } from '../../../packages/trainer/dist/network-graph.js';
import { planNetwork } from '../../../packages/trainer/dist/plan.js';
import { describe, machine } from '../machine.mjs';
import { BATCH, CLASSES, STEP, netOf, weightsOf } from './nets.mjs';

const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '9' },
    nets: { type: 'string', default: 'first,dna0,dna1,dna2,dna3,dna4,ref32,narrow32' },
    backend: { type: 'string', default: 'native' },
  },
});
const SECONDS = 0.5;
const image = { height: 32, width: 32, channels: 3 };

function writeNoise(directory) {
  const random = new SeededRandom('noise');
  const records = 10_000;
  const file = Buffer.alloc(records * 3073);
  for (const name of [...[1, 2, 3, 4, 5].map((number) => `data_batch_${number}`), 'test_batch']) {
    for (let i = 0; i < file.length; i++) file[i] = 256 * random.next();
    for (let record = 0; record < records; record++) file[record * 3073] = record % CLASSES;
    writeFileSync(join(directory, `${name}.bin`), file);
  }
}

/** Milliseconds of processor time of one call. */
function time(call) {
  const from = process.cpuUsage();
  const until = performance.now() + 1000 * SECONDS;
  let calls = 0;
  while (performance.now() < until || calls < 5) {
    call();
    calls++;
  }
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000 / calls;
}

function open(name, normalization) {
  const net = name === 'first' ? { name, plan: planNetwork(firstDna(), image, CLASSES) } : netOf(name);
  return new CompiledNetwork(graphOf(net.plan), {
    trainingBatch: BATCH,
    normalization,
    values: weightsOf(net),
  });
}

const work = mkdtempSync(join(tmpdir(), 'galapagos-input-'));
try {
  mkdirSync(join(work, 'files'));
  writeNoise(join(work, 'files'));
  const dataset = await loadDataset(
    { source: 'cifar10', directory: join(work, 'files') },
    { cacheDirectory: join(work, 'cache') },
  );
  const { detail } = await chooseBackend(options.backend);
  const examples = new Examples(dataset, { padCrop: 4, flip: true });
  const stream = new ExampleStream(dataset.train.count, 'order');
  console.log(`${describe(machine())}; ${options.backend} ${detail}; ${options.rounds} rounds\n`);
  console.log('| net | a step, its images there, ms | with fresh images, ms | more |');
  console.log('|---|---:|---:|---:|');
  for (const name of options.nets.split(',')) {
    const [bytes, floats] = [open(name, dataset.normalization), open(name)];
    const fill = () => examples.training(stream.next(BATCH), stream.random, bytes.training);
    examples.training(stream.next(BATCH), stream.random, floats.training);
    const calls = [
      () => floats.step(STEP),
      () => {
        fill();
        bytes.step(STEP);
      },
    ];
    const rounds = Array.from({ length: Number(options.rounds) }, () => calls.map(time));
    const [there, fresh] = calls.map((_, i) => Math.min(...rounds.map((round) => round[i])));
    const more = (100 * (fresh / there - 1)).toFixed(1);
    console.log(`| \`${name}\` | ${there.toFixed(3)} | ${fresh.toFixed(3)} | ${more} % |`);
    bytes.dispose();
    floats.dispose();
  }
  dataset.close();
} finally {
  rmSync(work, { recursive: true });
}
