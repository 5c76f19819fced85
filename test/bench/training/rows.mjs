// What is measured: each row is a command that prints one line of JSON.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OUR_ROWS } from './ours.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
/** Not in node_modules, which the next `npm ci` deletes. */
export const CACHE = join(folder, '../../../.cache/training-bench');

/** glibc keeps the memory that was freed, instead of giving it back and faulting it in again with each step. */
const KEEPS_MEMORY = {
  MALLOC_TRIM_THRESHOLD_: '4000000000',
  MALLOC_MMAP_THRESHOLD_: '4000000000',
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TOP_PAD_: '268435456',
};

const TORCH = {
  PyTorch: { words: ['nchw'] },
  'PyTorch channels_last': { words: ['channels_last'] },
  'PyTorch, tuned': { words: ['nchw', 'fused'], env: KEEPS_MEMORY },
  'PyTorch channels_last, tuned': { words: ['channels_last', 'fused'], env: KEEPS_MEMORY },
  'torch.compile channels_last, tuned': {
    words: ['channels_last', 'fused', 'compile'],
    env: KEEPS_MEMORY,
    apart: true,
  },
};

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {'ours' | 'torch' | 'apart'} kind `apart`: not run unless it is named, and no yardstick
 * @property {boolean} oneThread Not run with more.
 * @property {string | undefined} absent Why it cannot be run here.
 * @property {(net: string, files: string, seconds: number, threads: number) => { command: string[], env: object }} run
 */

/** @returns {Row[]} */
export function rows(python = join(CACHE, 'torch/bin/python')) {
  const ours = OUR_ROWS.map(({ name, apart, oneThread, absent }) => ({
    name,
    kind: apart ? 'apart' : 'ours',
    oneThread,
    absent,
    run: (net, _files, seconds, threads) => ({
      command: [process.execPath, join(folder, 'row.mjs'), name, net, seconds, threads],
      env: {},
    }),
  }));
  const torch = Object.entries(TORCH).map(([name, { words, env = {}, apart }]) => ({
    name,
    kind: apart ? 'apart' : 'torch',
    oneThread: false,
    absent: existsSync(python) ? undefined : `no ${python}: see README.md`,
    run: (net, files, seconds, threads) => ({
      command: [
        python,
        join(folder, 'torch_row.py'),
        join(files, `${net}.json`),
        join(files, `${net}.safetensors`),
        seconds,
        threads,
        ...words,
      ],
      env: { OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, ...env },
    }),
  }));
  return [...ours, ...torch];
}
