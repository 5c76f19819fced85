// Workers on a real filesystem, hurt in every way that it permits, and audited from outside. Exit code 0: nothing was
// lost; 1: something was, and what was looked at is kept; 77, with the reason: it cannot run here.
//
//   npm run build && node test/chaos/run.mjs ext4|fault|moosefs|nfs [--births 20000] [--minutes M] [--seed S] [--calm 6]
//
// Up to so many seconds are calm between two faults: more of them, and there are more births to a fault.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { argumentsOf } from '../support/arguments.mjs';

const filesystems = ['ext4', 'fault', 'moosefs', 'nfs'];
process.chdir(resolve(import.meta.dirname, '../..'));
const { values, positionals } = argumentsOf(import.meta.filename, {
  allowPositionals: true,
  options: {
    births: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: 'chaos' },
    calm: { type: 'string', default: '6' },
  },
});
const [name] = positionals;
if (!filesystems.includes(name)) {
  console.error(
    `usage: node test/chaos/run.mjs ${filesystems.join('|')} [--births N] [--minutes M] [--seed S] [--calm SECONDS]`,
  );
  process.exit(2);
}

const needs = spawnSync('bash', [`test/cluster/${name}`, 'check'], { encoding: 'utf8' });
const isBare = needs.status === 77 && name === 'ext4';
if (isBare) console.log(`${needs.stderr.trim()}\nInstead: a plain directory, and kills alone.\n`);
else if (needs.status !== 0) {
  process.stderr.write(needs.stderr);
  process.exit(needs.status ?? 1);
}

const directory = mkdtempSync(join(tmpdir(), 'galapagos-chaos-'));
const births = values.births ?? (values.minutes === undefined ? '20000' : 'Infinity');
const inside = [
  process.execPath,
  'test/chaos/inside.mjs',
  isBare ? 'plain' : name,
  directory,
  births,
  values.minutes ?? 'Infinity',
  values.seed,
  values.calm,
];
const [program, ...args] = isBare ? inside : ['bash', 'test/cluster/world', ...inside];
const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'] });
// All that runs and all that is mounted goes with the one that is killed; without a world, with the end of its stdin.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    child.stdin.end();
    child.kill('SIGKILL');
  });
}
child.on('close', (code, signal) => {
  // What was found to be wrong is kept, to be looked at.
  if (code === 1) console.log(`kept: ${directory}`);
  else rmSync(directory, { recursive: true, maxRetries: 10, retryDelay: 100 });
  process.exitCode = signal === null ? code : 130;
});
