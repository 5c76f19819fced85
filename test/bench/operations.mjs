// What a birth asks of a filesystem, by operation: of a file server each costs a few requests.
//
//   npx tsc --build && node test/bench/operations.mjs [BIRTHS] [POPULATION]

import { tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { localFilesystem, unknowingHost } from '@galapagos/population';
import { Worker } from '@galapagos/worker';
import { compiled } from '../worker/fixtures/compile.mjs';

process.chdir(resolve(import.meta.dirname, '../..'));
const { bitStringTrainer } = await import(await compiled('support/bit-string-trainer.ts'));
const { makeExperiment, openExperiment } = await import(await compiled('worker/experiment.ts'));

const births = Number(process.argv[2] ?? 2000);
const populationSize = Number(process.argv[3] ?? 100);
const directory = mkdtempSync(join(tmpdir(), 'galapagos-operations-'));
const root = join(directory, 'experiment');
const counts = new Map();
let isCounting = false;
const filesystem = Object.fromEntries(
  Object.entries(localFilesystem).map(([name, perform]) => [
    name,
    (...args) => {
      // The files and directories of a sync are opened one by one.
      const count = name === 'sync' ? args[0].length : 1;
      if (isCounting) counts.set(name, (counts.get(name) ?? 0) + count);
      return name === 'sync' ? Promise.resolve() : perform(...args);
    },
  ]),
);
try {
  await makeExperiment(root, { populationSize, bounds: { individuals: populationSize + births } });
  let born = 0;
  const worker = new Worker({
    population: await openExperiment(root, filesystem),
    evaluate: bitStringTrainer({ filesystem }),
    host: unknowingHost,
    version: '0.0.0-bench',
    backend: 'bits',
    onEvent: ({ event }) => {
      if (event === 'born' && ++born === populationSize) isCounting = true;
    },
  });
  await worker.run();
} finally {
  rmSync(directory, { recursive: true });
}
const sorted = [...counts].sort(([, a], [, b]) => b - a);
console.log('| operation | of a birth |\n|---|---:|');
for (const [name, count] of sorted) console.log(`| ${name} | ${(count / births).toFixed(2)} |`);
console.log(`| all | ${(sorted.reduce((sum, [, count]) => sum + count, 0) / births).toFixed(1)} |`);
