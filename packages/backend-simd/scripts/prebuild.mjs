#!/usr/bin/env node
// For a release: compiles the native kernels for Linux on x64 and arm64 into prebuilt/, so that they need no compiler where
// they are installed, and runs each: what is made for this processor as it is, the other under qemu.
//
//   node scripts/prebuild.mjs            exit status 0 built and run, 1 not built or wrong, 77 built, not all of it run
//   node scripts/prebuild.mjs --check    the same, leaving nothing behind
//
// Needs the repository with its build (npm run build) and network, at first: the pinned compiler (zig.mjs) carries the C
// library of 2012, whose binaries run on any newer one. To run those for arm64: qemu-aarch64 or qemu-aarch64-static, the
// libraries of an arm64 system in $QEMU_LD_PREFIX (Debian: qemu-user, libstdc++6-arm64-cross), and Node, which comes from npm.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildError, compile, hashInputs, root } from './native.mjs';
import { NoNode, nodeBinary } from './node-binary.mjs';
import { findZig, NoToolchain } from './zig.mjs';

const SKIPPED = 77;
const TARGETS = { x64: 'x86_64-linux-gnu.2.17', arm64: 'aarch64-linux-gnu.2.17' };
const EMULATED_NODE = '24.21.0';
const sameResults = join(root, '..', '..', 'test', 'engines', 'same-results.mjs');

async function build(zig, arch, folder) {
  mkdirSync(folder, { recursive: true });
  const addon = join(folder, 'simd.node');
  const compiler = { command: zig, args: ['cc', '-target', TARGETS[arch]] };
  // Zig turns on a sanitizer where nobody says so, and off what AVX-512 needs where a target is named.
  const flags = ['-fno-sanitize=undefined', '-g0', '-s'];
  await compile(compiler, addon, { flags, isaFlags: { avx512: ['-mevex512'] }, platform: 'linux', arch });
  writeFileSync(join(folder, 'build.json'), `${JSON.stringify({ inputs: hashInputs() }, null, 2)}\n`);
  return addon;
}

/** What runs a Node of that processor: a command with its first arguments; or why there is none. */
function runnerOf(arch) {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (arch === process.arch) return [process.execPath];
  const name = arch === 'arm64' ? 'qemu-aarch64' : 'qemu-x86_64';
  const qemu = [name, `${name}-static`].find((file) => spawnSync(file, ['--version']).status === 0);
  if (qemu === undefined) return `there is no ${name}`;
  const libraries = process.env.QEMU_LD_PREFIX ?? `/usr/${arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  if (!existsSync(join(libraries, 'lib')))
    return `there are no libraries for it in ${libraries} (QEMU_LD_PREFIX)`;
  try {
    return [qemu, '-L', libraries, nodeBinary(EMULATED_NODE, arch)];
  } catch (error) {
    if (error instanceof NoNode) return error.message;
    throw error;
  }
}

/** Whether all of it could be run. */
async function buildAndRun(zig, arch, folder) {
  const addon = await build(zig, arch, folder);
  console.log(`${arch}: compiled`);
  const runner = runnerOf(arch);
  if (typeof runner === 'string') {
    console.log(`${arch}: not run, ${runner}`);
    return false;
  }
  const env = { ...process.env, GALAPAGOS_ADDON: addon };
  const { status, signal } = spawnSync(runner[0], [...runner.slice(1), sameResults], {
    env,
    stdio: 'inherit',
  });
  if (status !== 0)
    throw new BuildError(`${arch}: what was compiled is wrong (${signal ?? `exit status ${status}`})`);
  return true;
}

const isCheck = process.argv.includes('--check');
const output = isCheck ? mkdtempSync(join(tmpdir(), 'galapagos-prebuilt-')) : join(root, 'prebuilt');
try {
  const zig = findZig();
  let isAllRun = true;
  for (const arch of Object.keys(TARGETS)) {
    isAllRun = (await buildAndRun(zig, arch, join(output, `linux-${arch}`))) && isAllRun;
  }
  process.exitCode = isAllRun ? 0 : SKIPPED;
} catch (error) {
  if (!(error instanceof BuildError || error instanceof NoToolchain)) throw error;
  console.error(error.details || error.message);
  process.exitCode = error instanceof NoToolchain ? SKIPPED : 1;
} finally {
  if (isCheck) rmSync(output, { recursive: true, force: true });
}
