#!/usr/bin/env node
// Every kernel on random shapes against plain float64 loops, for minutes: both engines, each instruction set that this
// processor has, every method of convolution. Exit code 1 and the case that repeats it on the first error.
//
//   npm run build && node test/fuzz/kernels.mjs [--minutes 5] [--seed S]
//   GALAPAGOS_ISA=avx2 node test/fuzz/kernels.mjs --engine native --only 'S 1234'      # one case again
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { nativeEngine } from '@galapagos/backend-simd';
import { argumentsOf } from '../support/arguments.mjs';
import { compiled } from '../worker/fixtures/compile.mjs';

const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: new Date().toISOString() },
    engine: { type: 'string' },
    only: { type: 'string' },
  },
});

if (options.engine === undefined) all();
else await one(options.engine);

/** An instruction set is chosen once in a process, so each engine gets one of its own. */
function all() {
  const native = nativeEngine();
  if (!native.available) console.error(`native is left out: ${native.reason}`);
  const isas = native.available ? createRequire(import.meta.url)(native.path).isas : [];
  const runs = [...isas.map((isa) => ['native', isa]), ['wasm', '']];
  for (const [engine, isa] of runs) {
    const minutes = String(Number(options.minutes) / runs.length);
    const args = [import.meta.filename, '--engine', engine, '--minutes', minutes, '--seed', options.seed];
    const env = { ...process.env, GALAPAGOS_ISA: isa };
    const { status } = spawnSync(process.execPath, args, { env, stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}

async function one(engine) {
  const { fuzzer } = await import(await compiled('fuzz/kernels.ts'));
  const fuzz = await fuzzer(engine);
  const native = engine === 'native' ? nativeEngine() : { isa: '' };
  const kinds = new Map();
  const until = performance.now() + Number(options.minutes) * 60_000;
  let cases = 0;
  do {
    const seed = options.only ?? `${options.seed} ${cases}`;
    try {
      const kind = fuzz(seed).split(/ [[{]/)[0];
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    } catch (error) {
      const isa = native.isa && `GALAPAGOS_ISA=${native.isa} `;
      console.error(`${engine} ${native.isa}: ${error.stack}`);
      console.error(`again: ${isa}node test/fuzz/kernels.mjs --engine ${engine} --only '${seed}'`);
      process.exitCode = 1;
      return;
    }
    cases++;
  } while (options.only === undefined && performance.now() < until);
  const counts = [...kinds].map(([kind, count]) => `${kind} ${count}`).sort();
  console.log(`${engine} ${native.isa}: ${cases} cases as float64 has them: ${counts.join(', ')}`);
}
