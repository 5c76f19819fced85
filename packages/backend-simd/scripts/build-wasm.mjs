#!/usr/bin/env node
// Compiles kernels/kernels.c to kernels/kernels.wasm.
//
//   node scripts/build-wasm.mjs            rebuild the committed file
//   node scripts/build-wasm.mjs --check    rebuild into a temporary file and compare: exit 0 the same, 1 different,
//                                          77 no toolchain to be had (skipped)
//
// The toolchain is one pinned version of Zig from PyPI (it carries clang and lld), in a virtual environment of its own.
// Another compiler would make correct kernels too, but not the same bytes. $ZIG names a `zig` of that version instead.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ZIG = '0.13.0';
const PYPI_VERSION = '0.13.0.post1';
const SKIPPED = 77;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const kernels = join(root, 'kernels');
const committed = join(kernels, 'kernels.wasm');
const cache = join(root, '..', '..', 'node_modules', '.cache', 'galapagos-zig');

class NoToolchain extends Error {}

function run(file, args, options = {}) {
  return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

function installZig() {
  const venv = join(cache, PYPI_VERSION);
  const bin = join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
  const python = join(bin, 'python');
  const find = () =>
    run(python, [
      '-c',
      'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))',
    ]).trim();
  if (existsSync(join(venv, 'complete'))) return find();
  try {
    mkdirSync(cache, { recursive: true });
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', '--clear', venv]);
    run(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `ziglang==${PYPI_VERSION}`,
    ]);
    mkdirSync(join(venv, 'complete'));
    return find();
  } catch (error) {
    throw new NoToolchain(`ziglang ${PYPI_VERSION} could not be installed: ${error.stderr || error.message}`);
  }
}

function findZig() {
  const zig = process.env.ZIG ?? installZig();
  let version;
  try {
    version = run(zig, ['version']).trim();
  } catch (error) {
    throw new NoToolchain(`${zig} does not run: ${error.message}`);
  }
  if (version !== ZIG) throw new NoToolchain(`${zig} is Zig ${version}, needed is ${ZIG}`);
  return zig;
}

function build(zig, output) {
  const work = mkdtempSync(join(tmpdir(), 'galapagos-kernels-'));
  try {
    const object = join(work, 'kernels.o');
    const env = {
      ...process.env,
      ZIG_GLOBAL_CACHE_DIR: join(work, 'cache'),
      ZIG_LOCAL_CACHE_DIR: join(work, 'cache'),
    };
    const flags = [
      '-target wasm32-freestanding -mcpu=generic+simd128+bulk_memory+nontrapping_fptoint',
      // No -ffast-math: NaN must stay NaN. No contraction: the same bits on every machine.
      '-std=c11 -O3 -ffp-contract=off -fno-sanitize=undefined -g0 -Wall -Wextra -Werror',
    ];
    run(zig, ['cc', '-c', ...flags.join(' ').split(' '), '-o', object, 'kernels.c'], { cwd: kernels, env });
    const link = '--no-entry --import-memory --export=__heap_base --strip-all -z stack-size=65536';
    run(zig, ['wasm-ld', ...link.split(' '), '-o', output, object], { env });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function check(zig) {
  const work = mkdtempSync(join(tmpdir(), 'galapagos-check-'));
  try {
    const fresh = join(work, 'kernels.wasm');
    build(zig, fresh);
    if (readFileSync(fresh).equals(readFileSync(committed))) {
      console.log('kernels.wasm is what its sources compile to');
      return 0;
    }
    console.error(
      'kernels.wasm is not what its sources compile to: run `node scripts/build-wasm.mjs` and commit it',
    );
    return 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function main() {
  const zig = findZig();
  if (process.argv.includes('--check')) return check(zig);
  build(zig, committed);
  console.log(`wrote ${committed}`);
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof NoToolchain)) throw error;
  console.error(`skipped, no toolchain: ${error.message}`);
  process.exitCode = SKIPPED;
}
