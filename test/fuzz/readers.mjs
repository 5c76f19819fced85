#!/usr/bin/env node
// Every reader on spoilt samples of what it reads, for minutes: a valid value or a clear error of the documented kind, in
// bounded time and memory. A child process reads; what takes too long or too much is killed, and is a finding too.
//
//   npm run build && node test/fuzz/readers.mjs [--minutes 5] [--seed S] [--readers dna,history]
//   node test/fuzz/readers.mjs --only 'dna S 1234'                                     # one case again
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentsOf } from '../support/arguments.mjs';
import { compiled } from '../worker/fixtures/compile.mjs';

const SECONDS = 60;
const MEGABYTES = 1500;

const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: new Date().toISOString() },
    readers: { type: 'string' },
    only: { type: 'string' },
  },
});

if (process.send !== undefined) await child();
else await parent();

async function child() {
  const { Finding, allReaders, fuzzReader } = await import(await compiled('fuzz/readers.ts'));
  const internals = await import('../../packages/trainer/dist/checkpoint.js');
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-fuzz-'));
  process.once('disconnect', () => process.exit());
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const readers = new Map((await allReaders(folder, internals)).map((reader) => [reader.name, reader]));
  process.on('message', async ({ name, seed }) => {
    const reader = readers.get(name);
    if (name === undefined) return process.send({ names: [...readers.keys()] });
    try {
      process.send({ ended: await fuzzReader(reader, seed) });
    } catch (error) {
      process.send({ found: error instanceof Finding ? error.message : error.stack });
    }
  });
  process.send({ names: [...readers.keys()] });
}

async function parent() {
  const [only, ...rest] = (options.only ?? '').split(' ');
  const counts = new Map();
  const found = new Map();
  const until = performance.now() + Number(options.minutes) * 60_000;
  let process_ = await started();
  const names = options.readers?.split(',') ?? process_.names;
  const spent = (name) => counts.get(name)?.ms ?? 0;
  let cases = 0;
  do {
    // Each has its share of the time.
    const name = options.only === undefined ? names.toSorted((a, b) => spent(a) - spent(b))[0] : only;
    const seed =
      options.only === undefined ? `${options.seed} ${counts.get(name)?.cases ?? 0}` : rest.join(' ');
    const startedAt = performance.now();
    const { ended, found: problem } = await process_.ask({ name, seed });
    const count = counts.get(name) ?? { cases: 0, valid: 0, refused: 0, findings: 0, ms: 0 };
    counts.set(name, count);
    count.cases++;
    count.ms += performance.now() - startedAt;
    if (ended === 'valid') count.valid++;
    else if (ended !== undefined) count.refused++;
    else {
      count.findings++;
      // Of what is alike the first is enough.
      const kind = `${name}: ${problem.replace(/[0-9]+/g, '#').slice(0, 160)}`;
      if (!found.has(kind)) {
        console.log(`${problem}\nagain: node test/fuzz/readers.mjs --only '${name} ${seed}'\n`);
        process.exitCode = 1;
      }
      found.set(kind, (found.get(kind) ?? 0) + 1);
      if (process_.isDead()) process_ = await started();
    }
    cases++;
  } while (options.only === undefined && performance.now() < until);
  process_.end();
  for (const [name, { cases: all, valid, refused, findings, ms }] of counts)
    console.log(
      `${name.padEnd(14)} ${all} cases: ${valid} valid, ${refused} refused, ${findings} findings, ${(ms / all).toFixed(1)} ms each`,
    );
  console.log(`${cases} cases of the seed ${options.seed}, ${found.size} kinds of findings`);
}

async function started() {
  const fuzzed = fork(import.meta.filename, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let dead = false;
  const ask = (message) =>
    new Promise((resolve) => {
      const startedAt = performance.now();
      const end = (answer) => {
        clearInterval(watch);
        fuzzed.removeAllListeners();
        resolve(answer);
      };
      const kill = (why) => {
        dead = true;
        fuzzed.kill('SIGKILL');
        end({ found: why });
      };
      const watch = setInterval(() => {
        const seconds = (performance.now() - startedAt) / 1000;
        const megabytes = residentMegabytes(fuzzed.pid);
        if (seconds > SECONDS) kill(`it took more than ${SECONDS} s`);
        else if (megabytes > MEGABYTES) kill(`it took more than ${MEGABYTES} MB`);
      }, 50);
      fuzzed.on('message', end);
      fuzzed.on('exit', (code, signal) => {
        dead = true;
        end({ found: `the process ended with ${signal ?? code}` });
      });
      if (message !== undefined) fuzzed.send(message);
    });
  const { names } = await ask();
  return { names, ask, isDead: () => dead, end: () => fuzzed.disconnect() };
}

function residentMegabytes(pid) {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1e6;
  } catch {
    return 0;
  }
}
