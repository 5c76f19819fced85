import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importData, loadDataset } from '@galapagos/datasets';
import type { SeededRandom } from '@galapagos/dna';
import { integer } from '@galapagos/dna';
import { idx, npy, zip } from '../../datasets/images.js';
import { one, spoil } from '../hostile-bytes.js';
import { type Reader } from './reader.js';

export function dataReaders(folder: string): Reader[] {
  const source = join(folder, 'source');
  const out = join(folder, 'own.gpack');
  const labels = Uint8Array.from({ length: 24 }, (_, at) => at % 2);
  const pixels = Uint8Array.from({ length: 24 * 16 }, (_, at) => (at * 37) % 256);
  const options = { name: 'own', seed: 1, skipBroken: true, validation: { count: 2 }, test: { count: 2 } };
  const imported = async (path: string, extra: object = {}): Promise<void> => {
    try {
      await importData(path, out, { ...options, ...extra });
      (await loadDataset({ source: 'packed', file: out })).close();
    } finally {
      rmSync(out, { force: true });
    }
  };
  const fresh = (): void => {
    rmSync(source, { recursive: true, force: true });
    mkdirSync(source, { recursive: true });
  };
  const put = (name: string, bytes: Uint8Array): string => {
    const file = join(source, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return file;
  };
  const x = npy('|u1', [24, 4, 4], pixels);
  const y = npy('|u1', [24], labels);
  const archive = zip({ 'x.npy': x, 'y.npy': y });
  const images = idx([24, 4, 4], pixels);
  const cifar = Buffer.concat(
    Array.from({ length: 10 }, (_, at) => Buffer.concat([Buffer.of(at), Buffer.alloc(3072, at)])),
  );
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADklEQVQImWNgRwIMxHEAIlQBUbl7SQQAAAAASUVORK5CYII=',
    'base64',
  );
  let pack: Buffer | undefined;
  const packOnce = async (): Promise<Buffer> => {
    if (pack !== undefined) return pack;
    fresh();
    await importData(put('x.npz', archive), out, options);
    return (pack = readFileSync(out));
  };
  return [
    {
      name: 'npz',
      read: async (random) => {
        fresh();
        const spoilt =
          integer(random, 2) === 0
            ? spoil(archive, 'bytes', random)
            : zip({
                [one(['x.npy', '../x.npy', '/x.npy', 'x\0.npy'], random)]: spoilNpy(x, random),
                'y.npy': spoilNpy(y, random),
              });
        await imported(put('x.npz', spoilt), { kind: 'npz' });
      },
    },
    {
      name: 'npy',
      read: async (random) => {
        fresh();
        const labelsFile = put('y.npy', integer(random, 2) === 0 ? y : spoilNpy(y, random));
        await imported(put('x.npy', spoilNpy(x, random)), { kind: 'npy', labels: labelsFile });
      },
    },
    {
      name: 'idx',
      read: async (random) => {
        fresh();
        put(
          'train-labels-idx1-ubyte',
          integer(random, 2) === 0 ? idx([24], labels) : spoil(idx([24], labels), 'bytes', random),
        );
        await imported(put('train-images-idx3-ubyte', spoil(images, 'bytes', random)), { kind: 'idx' });
      },
    },
    {
      name: 'cifar',
      read: async (random) => {
        fresh();
        for (const batch of [1, 2, 3, 4, 5])
          put(`data_batch_${batch}.bin`, batch === 1 ? spoil(cifar, 'bytes', random) : cifar);
        put('test_batch.bin', cifar);
        await imported(source, { kind: 'cifar', validation: { count: 1 }, test: undefined });
      },
    },
    {
      name: 'folder',
      read: async (random) => {
        fresh();
        for (const label of ['a', 'b'])
          for (let at = 0; at < 5; at++)
            put(`${label}/${at}.png`, at === 0 ? spoil(png, 'bytes', random) : png);
        await imported(source, { kind: 'folder' });
      },
    },
    {
      name: 'pack',
      read: async (random) => {
        const whole = await packOnce();
        fresh();
        const file = put('x.gpack', await spoilPack(whole, random));
        (await loadDataset({ source: 'packed', file })).close();
      },
    },
  ];
}

/** The header with the checksum that it should have: else nothing behind that is looked at. */
async function spoilPack(pack: Buffer, random: SeededRandom): Promise<Buffer> {
  if (integer(random, 3) === 0) return spoil(pack, 'bytes', random);
  const { createHash } = await import('node:crypto');
  const length = pack.readUInt32LE(12);
  const text = pack
    .subarray(48, 48 + length)
    .toString()
    .trimEnd();
  const json = spoil(Buffer.from(text), 'json', random);
  const header = json.length > length ? json : Buffer.concat([json, Buffer.alloc(length - json.length, ' ')]);
  const prefix = Buffer.from(pack.subarray(0, 48));
  prefix.writeUInt32LE(header.length, 12);
  createHash('sha256').update(header).digest().copy(prefix, 16);
  return Buffer.concat([prefix, header, pack.subarray(48 + length)]);
}

function spoilNpy(array: Buffer, random: SeededRandom): Buffer {
  if (integer(random, 2) === 0) return spoil(array, 'bytes', random);
  const header = spoil(array.subarray(10, 128), 'text', random);
  const head = Buffer.from(array.subarray(0, 10));
  head.writeUInt16LE(Math.min(header.length, 0xffff), 8);
  return Buffer.concat([head, header, array.subarray(128)]);
}
