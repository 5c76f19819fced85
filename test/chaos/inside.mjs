// The part of run.mjs that runs in a world of its own: node test/chaos/inside.mjs PLACE DIRECTORY BIRTHS MINUTES SEED CALM

import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compiled } from '../worker/fixtures/compile.mjs';

const [name, directory, births, minutes, seed, calm] = process.argv.slice(2);
const { places } = await import(await compiled('chaos/places.ts'));
const { ordeal } = await import(await compiled('chaos/ordeal.ts'));
const { summary } = await import(await compiled('chaos/summary.ts'));
// Compiled before hosts need it that cannot write it.
for (const file of ['chaos/audit.ts', 'support/bit-string-trainer.ts', 'worker/experiment.ts'])
  await compiled(file);
// Without a world this is how one learns that whoever started this is gone.
process.stdin.on('close', () => process.exit(130)).resume();

const place = await places[name](directory);
const [setPoint, leaseSeconds, workers] = [40, 10, 8];
const root = join(place.shared, 'experiment');
const traces = join(directory, 'traces');
mkdirSync(traces);

const log = (line) => {
  console.log(line);
  appendFileSync(join(directory, 'log'), `${line}\n`);
};
log(
  `${place.title}: ${workers} workers on ${place.hosts.length} hosts, set point ${setPoint}, lease ${leaseSeconds} s, seed '${seed}'\n`,
);
const report = await ordeal({
  place,
  root,
  traces,
  seed,
  births: Number(births),
  minutes: Number(minutes),
  calmSeconds: Number(calm),
  setPoint,
  leaseSeconds,
  workers,
  log,
});
log(`\n${summary(report)}`);
process.exit(report.violations.length === 0 ? 0 : 1);
