import { closeSync, ftruncateSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type PackHeader, encodeHead, layoutOf } from '../../packages/datasets/src/pack-format.js';
import { runNode } from '../support/processes.js';
import { temporaryDirectory } from './support.js';
import { transpilePackage } from './transpile.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Images of nothing but zeros. */
const headerOf = (counts: PackHeader['counts'], checksum: string): PackHeader => ({
  ...{ name: 'zeros', height: 64, width: 64, channels: 3, classes: ['0', '1'], counts, checksum },
  normalization: { mean: [0, 0, 0], deviation: [1, 1, 1] },
  split: { seed: 0, validation: 'drawn', test: 'drawn' },
  origin: 'a sparse file',
});

/** 2.4 GB, which would take a test too long to read: it is opened without. */
const LARGE = headerOf({ train: 180_000, validation: 10_000, test: 10_000 }, '0'.repeat(64));
/** 246 MB, which is read to its end, as every trainer does; the checksum is that of its zeros. */
const WHOLE = headerOf(
  { train: 18_000, validation: 1000, test: 1000 },
  '40e0c8635e7b9536330aa0d82510a3cb0f11960a389c0061107ca8d49599b62d',
);

/** Opens a file in one of two ways, then draws batches; prints by how many MB the process has grown. */
const script = (folder: string, open: string) => `
  const { loadDataset, fillBatch } = await import('${folder}/index.js');
  const { PackFile } = await import('${folder}/pack-file.js');
  const before = process.memoryUsage.rss();
  const data = ${open};
  const images = new Float32Array(50 * 64 * 64 * 3);
  let most = 0;
  for (let batch = 0; batch < 200; batch++) {
    const indices = Array.from({ length: 50 }, (_, at) => (7919 * (50 * batch + at)) % data.train.count);
    fillBatch(data, data.train, indices, images, new Int32Array(50), data.normalization);
    most = Math.max(most, process.memoryUsage.rss() - before);
  }
  console.log(data.train.count, Math.round(most / 1e6));`;

it.each([
  ['200,000 images of 64 x 64 x 3', LARGE, (file: string) => `PackFile.open('${file}').dataset()`],
  [
    'looking at all of a file',
    WHOLE,
    (file: string) => `await loadDataset({ source: 'packed', file: '${file}' })`,
  ],
])('%s: a process needs nearly no memory', async (_, header, open) => {
  const directory = temporaryDirectory();
  transpilePackage(directory);
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  const file = join(directory, 'zeros.gpack');
  writeSparse(file, header);
  const { stdout, stderr } = await runNode(['--input-type=module', '--eval', script(directory, open(file))]);
  expect(stderr).toBe('');
  const [count, megabytes] = stdout.trim().split(' ').map(Number);
  expect(count).toBe(header.counts.train);
  // Some 20: labels, one batch, what Node needs to run at all. Copies would be 2,458 and 246.
  expect(megabytes).toBeLessThan(120);
});

function writeSparse(file: string, header: PackHeader): void {
  const headerBytes = Buffer.byteLength(JSON.stringify(header));
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, encodeHead(header, headerBytes), 0);
  ftruncateSync(descriptor, layoutOf(headerBytes, header.counts, header).end);
  closeSync(descriptor);
}
