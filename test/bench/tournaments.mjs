// Tournaments per second with a trainer that takes no time: what coordination through the directory costs.
//
//   npx tsc --build && node test/bench/tournaments.mjs [DIRECTORY] [BIRTHS]
//
// DIRECTORY lies on the filesystem to be measured; a folder is made in it, and removed. With fsync, as users run it.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compiled } from '../worker/fixtures/compile.mjs';

process.chdir(dirname(dirname(import.meta.dirname)));
const { makeExperiment } = await import(await compiled('worker/experiment.ts'));

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'galapagos-bench-'));
const births = Number(process.argv[3] ?? 3000);
const populationSize = 100;

const type = execFileSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' }).trim();
console.log(`${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}, ${type}`);
console.log(`Population ${populationSize}, ${births} births, a trainer that takes no time.\n`);
console.log(
  '| processes | fsync | births/s | lost races | ms of user CPU a birth | ms of system CPU a birth |',
);
console.log('|---:|---|---:|---:|---:|---:|');
try {
  for (const sync of [true, false]) {
    for (const processes of [1, 2, 4]) {
      const root = join(directory, `${sync}-${processes}`);
      await makeExperiment(root, { populationSize, bounds: { individuals: births } });
      const started = performance.now();
      const outputs = await Promise.all(Array.from({ length: processes }, () => work(root, sync)));
      const wall = (performance.now() - started) / 1000;
      const events = outputs.flat();
      const born = events.filter(({ event }) => event === 'born').length;
      const lost = events.filter(({ event }) => event === 'lost-race').length;
      const results = events.filter(({ event }) => event === 'result');
      // From the first turn on: a process takes a while to start.
      const seconds = Math.min(wall, Math.max(...results.map((result) => result.seconds)));
      const cpu = (kind) => (results.reduce((sum, { cpu }) => sum + cpu[kind], 0) / 1000 / born).toFixed(2);
      console.log(
        `| ${processes} | ${sync ? 'yes' : 'no'} | ${(born / seconds).toFixed(0)} | ${lost} | ${cpu('user')} | ${cpu('system')} |`,
      );
      const off = Math.abs(readdirSync(join(root, 'alive')).length - populationSize);
      if (off >= processes) throw new Error('not at the set point');
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}

/** Runs one worker to its end, and gives back what it said. */
async function work(root, sync) {
  const options = JSON.stringify({ root, trainer: {}, host: 'node', sync });
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../worker/fixtures/worker.mjs'), options],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more) => (text += more));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`a worker ended with code ${code}`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
