// Runs workers on an experiment for a while, and looks at them and at the directory from outside: fitness so far,
// births, resident memory of each worker and its trainer with its slope, bytes and inodes.
//
//   npm run build && node test/bench/soak.mjs DIRECTORY [MINUTES] [WORKERS] [SECONDS BETWEEN LOOKS]
//
// The experiment is one of `galapagos init`. Writes a line a look, then a summary.

import { execFile, spawn } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const [directory, minutes = '60', workers = '2', every = '300'] = process.argv.slice(2);
if (directory === undefined)
  throw new Error('node test/bench/soak.mjs DIRECTORY [MINUTES] [WORKERS] [SECONDS]');
const galapagos = fileURLToPath(new URL('../../packages/cli/bin/galapagos.js', import.meta.url));
const MB = 2 ** 20;

console.log(`${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}`);
const launch = spawn(
  process.execPath,
  [galapagos, 'launch', directory, '--workers', workers, '--for', `${minutes}m`],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
let said = '';
launch.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-4000)));
const ended = new Promise((resolve) => launch.on('close', resolve));
const begunAt = performance.now();
const looks = [];
console.log('min  births  kills  dead  best   RSS of worker + trainer, MB        directory');
for (let look = 0; launch.exitCode === null; look++) {
  await Promise.race([sleep(1000 * Number(every) * look - (performance.now() - begunAt)), ended]);
  if (launch.exitCode !== null) break;
  const status = await statusOf();
  // A worker that is just starting has no trainer yet.
  if (status.workers.length === 0) await sleep(5000);
  looks.push({ minute: (performance.now() - begunAt) / 60_000, ...status, disk: diskOf(directory) });
  print(looks.at(-1));
}
await ended;
const last = await statusOf();
looks.push({ minute: (performance.now() - begunAt) / 60_000, ...last, disk: diskOf(directory) });
print(looks.at(-1));
console.log(`launch ended with ${launch.exitCode}: ${said.trim().split('\n').slice(-2).join(' / ')}`);
for (const part of ['worker', 'trainer']) {
  // The first quarter is warming up.
  const points = looks
    .filter(({ minute }) => minute > Number(minutes) / 4)
    .flatMap((look) => look.workers.map((worker) => [look.minute / 60, worker[part] / MB]));
  console.log(`RSS of a ${part}: ${slope(points).toFixed(1)} MB an hour over the last three quarters`);
}

async function statusOf() {
  const { stdout } = await promisify(execFile)(process.execPath, [galapagos, 'status', directory, '--json'], {
    maxBuffer: 100 * MB,
  });
  const { best, totals, dead, workers: all } = JSON.parse(stdout);
  const working = all
    .filter(({ state }) => state === 'working')
    .map(({ name, pid }) => ({ name, ...residentOf(pid) }));
  return { best, totals, dead, workers: working };
}

function residentOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    return { worker: resident(pid), trainer: children.reduce((sum, child) => sum + resident(child), 0) };
  } catch {
    // It left between the look and this one.
    return { worker: NaN, trainer: NaN };
  }
}

function resident(pid) {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}

/** Bytes in blocks and inodes, of a file with several names once; by its folders at the top. */
function diskOf(root) {
  const seen = new Set();
  const parts = {};
  const walk = (path, part) => {
    try {
      const stat = lstatSync(path);
      if (seen.has(stat.ino)) return;
      seen.add(stat.ino);
      parts[part] ??= { bytes: 0, inodes: 0 };
      parts[part].bytes += stat.blocks * 512;
      parts[part].inodes++;
      if (stat.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name), part);
    } catch (error) {
      // It moved meanwhile.
      if (error.code !== 'ENOENT') throw error;
    }
  };
  for (const name of readdirSync(root)) walk(join(root, name), name);
  return parts;
}

function print({ minute, best, totals, dead, workers: working, disk }) {
  const rss = working.map(
    ({ name, worker, trainer }) => `${name} ${(worker / MB).toFixed(0)} + ${(trainer / MB).toFixed(0)}`,
  );
  const all = Object.values(disk);
  const bytes = all.reduce((sum, part) => sum + part.bytes, 0);
  const inodes = all.reduce((sum, part) => sum + part.inodes, 0);
  const largest = Object.entries(disk)
    .toSorted(([, a], [, b]) => b.bytes - a.bytes)
    .slice(0, 4)
    .map(([name, part]) => `${name} ${(part.bytes / MB).toFixed(1)} MB ${part.inodes}`);
  console.log(
    [
      minute.toFixed(0).padStart(3),
      String(totals.births).padStart(6),
      String(totals.kills).padStart(5),
      String(dead).padStart(4),
      best === null ? '   –  ' : `${(100 * best.fitness).toFixed(1)} %`,
      rss.join(', ').padEnd(32),
      `${(bytes / MB).toFixed(1)} MB, ${inodes} inodes (${largest.join(', ')})`,
    ].join('  '),
  );
}

/** Least squares. */
function slope(points) {
  const finite = points.filter(([, y]) => Number.isFinite(y));
  const mean = (index) => finite.reduce((sum, point) => sum + point[index], 0) / finite.length;
  const [x0, y0] = [mean(0), mean(1)];
  const covariance = finite.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  return covariance / finite.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
}
