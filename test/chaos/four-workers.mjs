// Four workers for two minutes, two of them killed five times each; an audit from outside. Exit code 1 on a violation.
//
//   npm run build && node test/chaos/four-workers.mjs [SECONDS] [DIRECTORY]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compiled } from '../worker/fixtures/compile.mjs';

process.chdir(dirname(dirname(import.meta.dirname)));
const { fourWorkers } = await import(await compiled('worker/four-workers.ts'));
const { makeExperiment } = await import(await compiled('worker/experiment.ts'));

const seconds = Number(process.argv[2] ?? 120);
const directory = process.argv[3] ?? mkdtempSync(join(tmpdir(), 'galapagos-four-workers-'));
const root = join(directory, 'experiment');
const [setPoint, leaseSeconds] = [20, 10];
await makeExperiment(root, { populationSize: setPoint, bounds: { leaseSeconds } });

const report = await fourWorkers({
  root,
  trace: join(directory, 'trace.jsonl'),
  setPoint,
  leaseSeconds,
  seconds,
  kills: 5,
  trainer: { steps: 40, stepMs: 25, checkpointEvery: 5 },
});

const { violations, ...figures } = report;
console.log(`Four workers, ${seconds} s, set point ${setPoint}, lease ${leaseSeconds} s, in ${directory}\n`);
console.log(`  workers that ran            ${figures.workers}, of which killed ${figures.killed}`);
console.log(
  `  individuals                 ${figures.individuals}, each counted once: ${violations.length === 0}`,
);
console.log(
  `  trainings begun             ${figures.trainings}, of which from a checkpoint ${figures.continued}`,
);
console.log(
  `  size, ${String(figures.samples).padStart(6)} samples        ${figures.lowest} to ${figures.highest} since it was first reached, ${figures.size} at the end`,
);
for (const violation of violations) console.log(`  VIOLATION: ${violation}`);
console.log(violations.length === 0 ? '\nPASS' : '\nFAIL');
process.exitCode = violations.length === 0 ? 0 : 1;
if (process.argv[3] === undefined && violations.length === 0) rmSync(directory, { recursive: true });
