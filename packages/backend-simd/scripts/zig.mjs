// The pinned compiler of what is committed or published: one version of Zig from PyPI (it carries clang, lld and the C
// libraries of other systems), in a virtual environment of its own. $ZIG names a `zig` of that version instead.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './native.mjs';

const ZIG = '0.13.0';
const PYPI_VERSION = '0.13.0.post1';
const cache = join(root, '..', '..', 'node_modules', '.cache', 'galapagos-zig');

/** Thrown where no Zig of that version is to be had. */
export class NoToolchain extends Error {}

export function run(file, args, options = {}) {
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

/** Path of a `zig`; installs it where it is not there. */
export function findZig() {
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
