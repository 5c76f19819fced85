// Kills the worker of a long training ten times, at random steps, each time followed by another that adopts: the
// same fitness and the same weights, to the last bit, as the training undisturbed. The individual is a child of many
// mutations, so that convolutions, batch normalisation, momentum, order and augmentation of the examples all count.
//
//   npm run build && node test/chaos/resumption.mjs [KILLS] [SEED]

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '@galapagos/dna';

const kills = Number(process.argv[2] ?? 10);
const seed = process.argv[3] ?? 'resumption 50';
const steps = Number(process.env.STEPS ?? 12_000);
const galapagos = fileURLToPath(new URL('../../packages/cli/bin/galapagos.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'galapagos-resumption-'));
const random = new SeededRandom(seed);
const processes = new Set();

try {
  const begun = join(root, 'begun');
  await makeOrphan(begun);
  const [name] = readdirSync(join(begun, 'training'));
  console.log(await run(['show', begun, name.split('~')[0]]));
  const results = [];
  for (const [how, times] of [
    ['undisturbed', 0],
    ['killed', kills],
  ]) {
    const directory = join(root, how);
    cpSync(begun, directory, { recursive: true });
    const { killedAt, adoptedAt } = await train(directory, times);
    const result = outcome(directory, name.split('~')[0]);
    if (times > 0) console.log(`killed after steps ${killedAt.join(', ')} of ${steps}`);
    console.log(
      `${how.padEnd(11)}  fitness ${result.fitness}, ${result.seconds.toFixed(1)} s, gone on from steps ${adoptedAt.join(', ')}`,
    );
    results.push(result);
  }
  const [undisturbed, killed] = results;
  const fine = killed.fitness === undisturbed.fitness && killed.weights.equals(undisturbed.weights);
  console.log(fine ? `PASS: ${kills} kills, the same fitness and the same weights bit for bit` : 'FAIL');
  process.exitCode = fine ? 0 : 1;
} finally {
  for (const { child } of processes) child.kill('SIGKILL');
  rmSync(root, { recursive: true });
}

/** A search of which the third individual, a child of many mutations, is in training, and its worker gone. */
async function makeOrphan(directory) {
  const settings = {
    'search.populationSize': 3,
    'search.mutationsPerReproduction': 80,
    'bounds.individuals': 3,
    'bounds.leaseSeconds': 4,
    'data.meanPool': 1,
    'training.steps': steps,
    'training.padCrop': 2,
    'training.flip': true,
    'training.checkpointSeconds': 1,
  };
  const flags = Object.entries(settings).flatMap(([field, value]) => ['--set', `${field}=${value}`]);
  await run(['init', directory, '--preset', 'quickstart', '--seed', seed, ...flags]);
  const worker = startWorker(directory);
  while (!readdirSync(join(directory, 'training')).some((name) => name.startsWith('w1-3~'))) await sleep(50);
  await end(worker, true);
}

/** Trains what is in training to its end, killing the worker so often. @returns The steps that were gone on from. */
async function train(directory, times) {
  const killedAt = Array.from({ length: times }, () => Math.floor(steps * random.next())).sort(
    (a, b) => a - b,
  );
  const adoptedAt = [];
  for (const [kill, step] of [...killedAt, Infinity].entries()) {
    const worker = startWorker(directory);
    const isOver = await hasEndedBefore(step, worker);
    adoptedAt.push(eventsOf(worker).find(({ msg }) => msg === 'adopted')?.step);
    if (step === Infinity) return { killedAt, adoptedAt };
    if (isOver) throw new Error(`trained before step ${step}: ${worker.output}`);
    // Every other time the trainer is left to find out by itself.
    await end(worker, kill % 2 === 0);
  }
}

function outcome(directory, id) {
  const name = readdirSync(join(directory, 'alive')).find((alive) => alive.includes(`~${id}~`));
  if (name === undefined)
    throw new Error(`${id} does not live: ${readdirSync(join(directory, 'dead')).join()}`);
  const folder = join(directory, 'alive', name, name.split('~').at(-1));
  const { fitness, seconds } = JSON.parse(readFileSync(join(folder, 'evaluation.json'), 'utf8'));
  return { fitness, seconds, weights: readFileSync(join(folder, 'weights.safetensors')) };
}

function startWorker(directory) {
  const child = spawn(
    process.execPath,
    [galapagos, 'worker', directory, '--backend', 'wasm', '--log', 'debug'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const worker = { child, output: '', ended: undefined };
  child.stderr.setEncoding('utf8').on('data', (text) => (worker.output += text));
  worker.ended = new Promise((resolve) => child.on('close', resolve)).finally(() => processes.delete(worker));
  processes.add(worker);
  return worker;
}

function eventsOf({ output }) {
  const lines = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines.map((line) => JSON.parse(line));
}

/** Waits until a worker has trained up to a step, or has ended. @returns Whether it has ended. */
async function hasEndedBefore(step, worker) {
  while (processes.has(worker)) {
    if (eventsOf(worker).some(({ msg, progress }) => msg === 'progress' && progress.step >= step))
      return false;
    await sleep(50);
  }
  return true;
}

async function end({ child, ended }, withTrainer) {
  const trainers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  child.kill('SIGKILL');
  if (withTrainer) for (const pid of trainers.filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
  await ended;
}

async function run(args) {
  const child = spawn(process.execPath, [galapagos, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`galapagos ${args.join(' ')} ended with ${code}: ${output}`);
  return output;
}
