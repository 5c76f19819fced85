#!/usr/bin/env node
// Compiles kernels/kernels.c to kernels/kernels.wasm.
//
//   node scripts/build-wasm.mjs            rebuild the committed file
//   node scripts/build-wasm.mjs --check    rebuild into a temporary file and compare: exit 0 the same, 1 different,
//                                          77 no toolchain to be had (skipped)
//
// Another compiler than the pinned one (zig.mjs) would make correct kernels too, but not the same bytes.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './native.mjs';
import { findZig, NoToolchain, run } from './zig.mjs';

const SKIPPED = 77;

const kernels = join(root, 'kernels');
const committed = join(kernels, 'kernels.wasm');

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
