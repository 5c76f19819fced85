#!/usr/bin/env node
// Runs the code of population and worker over simulated time and a simulated filesystem, schedule after schedule,
// each from a seed. On the first promise that is broken: the seed that replays it, the fewest faults that do, the end
// of the trace, exit code 1.
//
//   npm run build && node test/simulation/run.mjs [--minutes 1] [--schedules N] [--workers N] [--prefix P]
//   node test/simulation/run.mjs --seed 'P 17' [--without 0,2] [--trace]          # one schedule again
import { argumentsOf } from '../support/arguments.mjs';
import { compiled } from '../worker/fixtures/compile.mjs';

const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    minutes: { type: 'string', default: '1' },
    schedules: { type: 'string', default: 'Infinity' },
    workers: { type: 'string' },
    prefix: { type: 'string', default: new Date().toISOString() },
    seed: { type: 'string' },
    without: { type: 'string', default: '' },
    trace: { type: 'boolean', default: false },
  },
});
const { simulate, planOf } = await import(await compiled('simulation/index.ts'));

const workers = options.workers === undefined ? {} : { workers: Number(options.workers) };
const without = new Set(options.without.split(',').filter(Boolean).map(Number));
const until = performance.now() + Number(options.minutes) * 60_000;
const begun = performance.now();
let [schedules, steps, births] = [0, 0, 0];
while (schedules < Number(options.schedules) && performance.now() < until) {
  const seed = options.seed ?? `${options.prefix} ${schedules}`;
  const outcome = await simulate(seed, { ...workers, without, trace: options.trace });
  schedules++;
  steps += outcome.steps;
  births += outcome.births;
  if (outcome.violation !== undefined) {
    await explain(outcome);
    process.exitCode = 1;
    break;
  }
  if (options.seed !== undefined) {
    if (options.trace) print(outcome.trace);
    break;
  }
}
const minutes = (performance.now() - begun) / 60_000;
console.log(
  `${schedules} schedules, ${births} births, ${steps} operations in ${(minutes * 60).toFixed(1)} s: ${Math.round(schedules / minutes)} schedules a minute, ${process.exitCode === 1 ? 'a promise was broken' : 'every promise kept'}`,
);

/** Leaves out the faults that it does not need, and prints the schedule that is left. */
async function explain({ seed, violation }) {
  const all = planOf(seed, workers).faults.map((_, index) => index);
  const needless = new Set(without);
  for (const index of all) {
    if (needless.has(index)) continue;
    const fewer = await simulate(seed, { ...workers, without: new Set([...needless, index]) });
    if (fewer.violation !== undefined) needless.add(index);
  }
  const shortest = await simulate(seed, { ...workers, without: needless, trace: true });
  print(shortest.trace.slice(options.trace ? 0 : -60));
  const { faults, ...plan } = shortest.plan;
  console.log(JSON.stringify(plan));
  for (const fault of faults) console.log(JSON.stringify(fault));
  console.log(`broken: ${violation}`);
  if (shortest.violation !== violation) console.log(`at last: ${shortest.violation}`);
  const left = needless.size > 0 ? ` --without ${[...needless].join(',')}` : '';
  const width = options.workers === undefined ? '' : ` --workers ${options.workers}`;
  console.log(`again: node test/simulation/run.mjs --seed '${seed}'${width}${left} --trace`);
}

function print(trace) {
  for (const [seconds, who, what, outcome] of trace)
    console.log(
      `${seconds.toFixed(4).padStart(10)}  ${who.padEnd(20)} ${what} ${outcome === 'done' ? '' : outcome}`,
    );
}
