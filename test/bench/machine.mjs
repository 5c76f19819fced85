// What a figure means nothing without: the machine, and how fast it can be at all.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { arch, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const CACHES = '/sys/devices/system/cpu/cpu0/cache';
const VECTORS = ['avx512f', 'avx2', 'fma', 'sse2', 'asimd'];

export function machine() {
  const info = readFileSync('/proc/cpuinfo', 'utf8');
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(info)?.[1].split(' ') ?? [];
  return {
    processor: cpus()[0].model.trim(),
    family: ['cpu family', 'model', 'stepping'].map((key) => field(info, key)).join('/'),
    cores: cpus().length,
    vectors: VECTORS.filter((name) => flags.includes(name)),
    caches: caches(),
    memoryGibibytes: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
  };
}

/** The same in words. */
export function describe({ processor, family, cores, vectors, caches, memoryGibibytes, system, node }) {
  const processors = `${processor} (family/model/stepping ${family}), ${cores} cores, ${vectors.join(' ')}`;
  return `${processors}; ${caches.join(', ')}; ${memoryGibibytes} GiB; ${system}; Node ${node}`;
}

/** GFLOP/s of one core; undefined where no C compiler is. */
export function fmaPeak() {
  const temporary = mkdtempSync(join(tmpdir(), 'galapagos-peak-'));
  try {
    const program = join(temporary, 'peak');
    const options = ['-O2', '-march=native', '-ffp-contract=fast', '-o', program];
    if (spawnSync('cc', [...options, join(folder, 'peak.c')]).status !== 0) return undefined;
    return JSON.parse(spawnSync(program, { encoding: 'utf8' }).stdout).gigaflops;
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

/** Processes that were ready to run, on average over a minute; ours among them. */
export function load() {
  return Number(loadavg()[0].toFixed(2));
}

function field(info, key) {
  return new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm').exec(info)?.[1] ?? '?';
}

function caches() {
  const read = (index, file) => readFileSync(join(CACHES, index, file), 'utf8').trim();
  const indices = readdirSync(CACHES).filter((name) => name.startsWith('index'));
  return indices.map((index) => `L${read(index, 'level')} ${read(index, 'type')} ${read(index, 'size')}`);
}
