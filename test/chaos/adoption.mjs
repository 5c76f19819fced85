// Kills a worker and its trainer in the middle of a long training, and shows how another goes on from the last
// checkpoint: with the same fitness, to the last digit, as the training would have had undisturbed.
//
//   npm run build && node test/chaos/adoption.mjs [DIRECTORY]

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const galapagos = fileURLToPath(new URL('../../packages/cli/bin/galapagos.js', import.meta.url));
const root = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'galapagos-adoption-'));
const steps = Number(process.env.STEPS ?? 250_000);
const processes = new Set();

try {
  const undisturbed = await train(join(root, 'undisturbed'), async () => undefined);
  const disturbed = await train(join(root, 'disturbed'), async (directory, worker) => {
    await sleep(11_000);
    const trainer = childrenOf(worker.pid);
    process.kill(worker.pid, 'SIGKILL');
    for (const pid of trainer) process.kill(pid, 'SIGKILL');
    console.log(`SIGKILL to the worker (${worker.pid}) and its trainer (${trainer.join(', ')}) after 11 s`);
    return startWorker(directory);
  });
  console.log(`undisturbed: fitness ${undisturbed.fitness}, ${undisturbed.seconds.toFixed(1)} s`);
  console.log(
    `killed:      fitness ${disturbed.fitness}, ${disturbed.seconds.toFixed(1)} s, adopted at step ${disturbed.adoptedAt} of ${steps}`,
  );
  const fine =
    disturbed.adoptedAt > 0 &&
    disturbed.fitness === undisturbed.fitness &&
    disturbed.sameWeights(undisturbed);
  console.log(fine ? 'PASS: the same fitness and the same weights, bit for bit' : 'FAIL');
  process.exitCode = fine ? 0 : 1;
} finally {
  for (const child of processes) child.kill('SIGKILL');
  if (process.argv[2] === undefined) rmSync(root, { recursive: true });
}

/** One individual of the first kind, trained by one worker, or by those that follow it. */
async function train(directory, disturb) {
  const settings = [
    `training.steps=${steps}`,
    'training.checkpointSeconds=2',
    'bounds.individuals=1',
    'bounds.leaseSeconds=4',
  ];
  await run([
    'init',
    directory,
    '--preset',
    'quickstart',
    '--seed',
    'adoption',
    ...settings.flatMap((one) => ['--set', one]),
  ]);
  const first = startWorker(directory);
  const last = (await disturb(directory, first)) ?? first;
  await last.ended;
  const events = last
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const published = events.find(({ msg }) => msg === 'published');
  const adopted = events.find(({ msg }) => msg === 'adopted');
  const [alive] = readdirSync(join(directory, 'alive'));
  const tenure = alive.split('~').at(-1);
  const folder = join(directory, 'alive', alive, tenure);
  const { fitness, seconds } = JSON.parse(readFileSync(join(folder, 'evaluation.json'), 'utf8'));
  if (published === undefined || published.fitness !== fitness)
    throw new Error(`not published: ${last.output()}`);
  const weights = readFileSync(join(folder, 'weights.safetensors'));
  return {
    fitness,
    seconds,
    adoptedAt: adopted?.step ?? 0,
    weights,
    sameWeights: (other) => weights.equals(other.weights),
  };
}

function startWorker(directory) {
  const child = spawn(process.execPath, [galapagos, 'worker', directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  processes.add(child);
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise((resolve) => child.on('exit', resolve)).finally(() => processes.delete(child));
  return { pid: child.pid, ended, output: () => output };
}

async function run(args) {
  const child = spawn(process.execPath, [galapagos, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`galapagos ${args.join(' ')} ended with ${code}`);
}

function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}
