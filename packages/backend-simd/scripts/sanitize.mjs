#!/usr/bin/env node
// Builds the native kernels with sanitizers and runs all their tests on them. Needs gcc, and the repository's tests.
//
//   node scripts/sanitize.mjs [--isa avx2] [writes] [reads] [undefined] [threads]
//
//   writes     no kernel writes a byte outside of a tensor or its scratch (address sanitizer)
//   reads      none reads further behind one than it may (src/heap.ts: TAIL_BYTES)
//   undefined  none does what C leaves undefined
//   threads    the pool of threads has no data race; it is driven by native/parallel-check.c, since Node itself is not
//              built for the thread sanitizer
//
// Without names, all of them; on every instruction set of this processor unless --isa names one.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BuildError, compile, findCompiler, NoCompiler, root } from './native.mjs';

const READ_SLACK = 1024;
const DEBUG = ['-g', '-fno-omit-frame-pointer'];
const ADDRESS = [...DEBUG, '-fsanitize=address'];
const FLAGS = {
  writes: [...ADDRESS, '--param=asan-instrument-reads=0', '-DREAD_SLACK=0'],
  reads: [...ADDRESS, `-DREAD_SLACK=${READ_SLACK}`],
  undefined: [...DEBUG, '-fsanitize=undefined', '-fno-sanitize-recover=all'],
};
// It looks at the addon that is installed, not at this one.
const NOT_OF_KERNELS = ['--exclude', 'test/backend-simd/build-native.test.ts'];
const MISTAKES = {
  writes: 'kernels.add(4096, 4096, 17, 4096);',
  reads: `kernels.add(4096, ${4096 + READ_SLACK}, 17, 4096);`,
};
const KINDS = [...Object.keys(FLAGS), 'threads'];
const repository = join(root, '..', '..');
const vitest = join(repository, 'node_modules', 'vitest', 'vitest.mjs');

const { values, positionals } = parseArgs({ allowPositionals: true, options: { isa: { type: 'string' } } });
const unknown = positionals.filter((kind) => !KINDS.includes(kind));
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: not one of ${KINDS.join(', ')}`);

function folderOf(kind) {
  const folder = join(root, 'build', `${process.platform}-${process.arch}-${kind}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Where the compiler has a library of its own; its name alone where it has not. */
const library = ({ command, args }, name) =>
  execFileSync(command, [...args, `-print-file-name=${name}`], { encoding: 'utf8' }).trim();

async function runTests(compiler, kind) {
  const addon = join(folderOf(kind), 'simd.node');
  await compile(compiler, addon, { flags: FLAGS[kind] });
  const env = { ...process.env, GALAPAGOS_ADDON: addon, UBSAN_OPTIONS: 'print_stacktrace=1' };
  if (kind !== 'undefined') {
    // Node keeps what it has until its end; and stacks of JavaScript are not for the sanitizer.
    env.ASAN_OPTIONS = 'detect_leaks=0:detect_stack_use_after_return=0';
    env.LD_PRELOAD = library(compiler, 'libasan.so');
  }
  if (kind in MISTAKES) requireNotice(addon, env, MISTAKES[kind]);
  const isas = values.isa === undefined ? isasOf(addon, env) : [values.isa];
  return isas.every((isa) => {
    console.log(`\n== ${kind}, ${isa}`);
    const args = [
      vitest,
      'run',
      '--testTimeout=300000',
      '--hookTimeout=300000',
      'test/backend-simd',
      ...NOT_OF_KERNELS,
    ];
    const options = { cwd: repository, env: { ...env, GALAPAGOS_ISA: isa }, stdio: 'inherit' };
    return spawnSync(process.execPath, args, options).status === 0;
  });
}

/** A sanitizer that sees nothing is worth nothing: with a mistake made on purpose the process must die of it. */
function requireNotice(addon, env, mistake) {
  const script = `
    const { isas, instantiate } = require(process.argv[1]);
    const { kernels, grow, guard } = instantiate(isas[0], 2 ** 30);
    grow(1);
    guard.mark(4096, 64, true);
    kernels.zero(4096, 16);
    kernels.add(4096, 4096, 16, 4096);
    console.log('so far it is right');
    ${mistake}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, addon], { encoding: 'utf8', env });
  if (!stdout.includes('so far it is right') || !stderr.includes('AddressSanitizer: use-after-poison'))
    throw new Error(`the sanitizer does not notice ${mistake}: ${stderr}`);
}

function isasOf(addon, env) {
  const script = 'console.log(JSON.stringify(require(process.argv[1]).isas))';
  return JSON.parse(execFileSync(process.execPath, ['-e', script, addon], { encoding: 'utf8', env }));
}

function checkThreads({ command, args }) {
  console.log('\n== threads');
  const program = join(folderOf('threads'), 'check');
  const sources = ['parallel-check.c', 'parallel.c'].map((name) => join(root, 'native', name));
  const flags = ['-O1', '-std=gnu11', ...DEBUG, '-fsanitize=thread', '-pthread'];
  execFileSync(command, [...args, ...flags, '-o', program, ...sources, '-ldl'], { stdio: 'inherit' });
  return spawnSync(program, { stdio: 'inherit' }).status === 0;
}

try {
  const compiler = findCompiler();
  const failed = [];
  for (const kind of positionals.length > 0 ? positionals : KINDS) {
    const passed = kind === 'threads' ? checkThreads(compiler) : await runTests(compiler, kind);
    if (!passed) failed.push(kind);
  }
  console.log(failed.length === 0 ? '\nno sanitizer has anything to say' : `\nfailed: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.details || error.message);
  process.exitCode = error instanceof NoCompiler ? 77 : 1;
}
