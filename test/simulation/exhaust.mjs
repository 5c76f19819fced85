#!/usr/bin/env node
// Explores every order in which the operations of two workers can happen that do one thing each (a tournament, an
// adoption, a collection), each with every crash of one of them; and with other faults, or of three workers, those with at
// most one or two preemptions. All of it takes hours; those of two workers and one crash, but for the last two scenes,
// three quarters of one.
//
//   npm run build && node test/simulation/exhaust.mjs [--kind K] [--scene S] [--runs N]
import { argumentsOf } from '../support/arguments.mjs';
import { compiled } from '../worker/fixtures/compile.mjs';

const { values: options } = argumentsOf(import.meta.filename, {
  options: { kind: { type: 'string' }, scene: { type: 'string' }, runs: { type: 'string' } },
});
const { explore, scenes, setScene } = await import(await compiled('simulation/index.ts'));

/** What is explored, of each scene. */
const kinds = {
  'two workers, one crash': { workers: 2, crashes: 1 },
  'two workers, one late rename, two preemptions': { workers: 2, crashes: 0, late: 1, preemptions: 2 },
  'two workers, one write finds the disk full, one preemption': {
    workers: 2,
    crashes: 0,
    full: 1,
    preemptions: 1,
  },
  'two workers, one power cut, one preemption': { workers: 2, crashes: 0, power: 1, preemptions: 1 },
  'three workers, two preemptions': { workers: 3, crashes: 0, preemptions: 2 },
  'two who take each other for gone, two preemptions': {
    workers: 2,
    crashes: 0,
    preemptions: 2,
    suspicion: true,
  },
};

for (const [kind, limits] of Object.entries(kinds)) {
  for (const name of Object.keys(scenes)) {
    if (kind !== (options.kind ?? kind) || name !== (options.scene ?? name)) continue;
    await one(name, kind, options.runs === undefined ? limits : { ...limits, runs: Number(options.runs) });
  }
}

async function one(name, kind, limits) {
  const begun = performance.now();
  const explored = await explore(await setScene(name), limits);
  const { runs, states, interleavings, violation, choices, trace, isComplete } = explored;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const what = isComplete
    ? `all ${interleavings} interleavings, in ${states} states`
    : `${states} states, not all`;
  console.log(`${kind}: ${name}: ${what}, by ${runs} runs in ${seconds} s`);
  if (violation === undefined) return;
  for (const [at, who, did, outcome] of trace)
    console.log(
      `${at.toFixed(1).padStart(6)}  ${who.padEnd(20)} ${did} ${outcome === 'done' ? '' : outcome}`,
    );
  console.log(`broken: ${violation}\nby the choices ${choices.join(',')}`);
  process.exitCode = 1;
}
