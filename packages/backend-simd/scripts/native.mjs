// How kernels/ and native/ become an addon: shared by the scripts that build it for this machine, for other ones, and
// with sanitizers.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { include_dir as nodeHeaders } from 'node-api-headers';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Thrown with a message of one line: why there is no addon. `details` has the compiler's words, where it said any. */
export class BuildError extends Error {
  constructor(message, details = '') {
    super(message);
    this.details = details;
  }
}

// The instruction sets of each architecture. Never -march=native: what is built on one machine may run on another.
const AVX2 = ['-mavx2', '-mfma'];
const AVX512 = ['f', 'vl', 'dq', 'bw'].map((part) => `-mavx512${part}`);
const ISAS = {
  x64: { baseline: [], avx2: AVX2, avx512: [...AVX512, ...AVX2, '-mprefer-vector-width=512'] },
  arm64: { neon: [] },
};

// No -ffast-math: NaN must stay NaN. No contraction: the same bits from every compiler.
const FLAGS = '-O3 -std=gnu11 -fno-math-errno -ffp-contract=off -fvisibility=hidden -fPIC -pthread'.split(
  ' ',
);
// Node itself has the symbols of Node-API.
const LINK = { linux: ['-shared'], darwin: ['-bundle', '-undefined', 'dynamic_lookup'] };

/** Thrown where nothing could be tried. */
export class NoCompiler extends BuildError {}

/** The C compiler of this machine: `{ command, args, version }`. */
export function findCompiler() {
  const asked = process.env.CC?.split(' ').filter((word) => word !== '') ?? [];
  for (const [command, ...args] of asked.length > 0 ? [asked] : [['cc'], ['gcc'], ['clang']]) {
    try {
      const [version] = execFileSync(command, [...args, '--version'], {
        encoding: 'utf8',
        stdio: 'pipe',
      }).split('\n');
      return { command, args, version };
    } catch {
      // Not there, or not a compiler: the next one.
    }
  }
  const tried =
    asked.length > 0 ? `${asked.join(' ')} ($CC) does not run` : 'cc, gcc and clang are not to be found';
  throw new NoCompiler(`there is no C compiler: ${tried}`);
}

/** A hash of what the result depends on, but for the compiler: any of them makes the same kernels. */
export function hashInputs() {
  const hash = createHash('sha256');
  const sources = ['kernels', 'native'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /\.[ch]$/.test(name))
      .map((name) => join(root, folder, name)),
  );
  // This file holds the flags.
  for (const file of [fileURLToPath(import.meta.url), ...sources.sort()]) {
    hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/**
 * Compiles and links everything into `output`, which is there whole or not at all.
 * @param options `flags` for every step, `isaFlags` for those of an instruction set; `platform` and `arch` of the result
 * @throws {BuildError} when the compiler fails
 */
export async function compile(compiler, output, options = {}) {
  const { flags = [], isaFlags = {}, platform = process.platform, arch = process.arch } = options;
  if (LINK[platform] === undefined) throw new BuildError(`it is not built on ${platform}`);
  const work = mkdtempSync(join(dirname(output), '.compiling-'));
  const cc = (...args) => run(compiler.command, [...compiler.args, ...flags, ...args]);
  try {
    const units = Object.entries(ISAS[arch] ?? { baseline: [] }).map(([isa, own]) => ({
      source: join(root, 'kernels', 'kernels.c'),
      object: join(work, `kernels-${isa}.o`),
      args: [`-DISA=${isa}`, ...own, ...(isaFlags[isa] ?? [])],
    }));
    for (const name of ['addon', 'parallel']) {
      const source = join(root, 'native', `${name}.c`);
      units.push({ source, object: join(work, `${name}.o`), args: ['-I', nodeHeaders] });
    }
    await Promise.all(
      units.map(({ source, object, args }) => cc(...FLAGS, ...args, '-c', '-o', object, source)),
    );
    const linked = join(work, 'simd.node');
    await cc(
      ...LINK[platform],
      '-pthread',
      '-o',
      linked,
      ...units.map(({ object }) => object),
      '-lm',
      '-ldl',
    );
    renameSync(linked, output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function run(command, args) {
  try {
    await promisify(execFile)(command, args, { maxBuffer: 2 ** 26 });
  } catch (error) {
    const words = `${error.stderr ?? ''}`.trim();
    const [first] = words.split('\n').filter((line) => /error|cannot|not found/i.test(line));
    throw new BuildError(`${command} fails: ${first ?? (words.split('\n')[0] || error.message)}`, words);
  }
}

/** Loads an addon in a process of its own, where it may crash. */
export function requireLoads(addon) {
  const script =
    'const { isas } = require(process.argv[1]); if (!(isas.length > 0)) throw new Error("no kernels")';
  try {
    execFileSync(process.execPath, ['-e', script, addon], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const [reason] = `${error.stderr}`.split('\n').filter((line) => /Error/.test(line));
    throw new BuildError(`${addon} does not load: ${reason ?? error.message}`, `${error.stderr}`);
  }
}
