import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDataset } from '@galapagos/datasets';
import type { Dataset, ImageSet } from '@galapagos/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageAt, imagesOf } from './support.js';

describe('the embedded digits', () => {
  let cache: string;
  let digits: Dataset;
  const load = (options = {}) =>
    loadDataset({ source: 'mnist-embedded', ...options }, { cacheDirectory: cache });

  beforeAll(async () => {
    cache = mkdtempSync(join(tmpdir(), 'galapagos-datasets-'));
    digits = await load();
  });

  afterAll(() => rmSync(cache, { recursive: true }));

  it('are 10,000, split 8,000 / 1,000 / 1,000 by default', () => {
    expect(digits).toMatchObject({ name: 'mnist-embedded', height: 28, width: 28, channels: 1 });
    expect(digits.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect([digits.train.count, digits.validation.count, digits.test.count]).toEqual([8000, 1000, 1000]);
    for (const set of [digits.train, digits.validation, digits.test]) {
      expect(imagesOf(set, 784).some((byte) => byte > 0)).toBe(true);
      expect(set.labels.length).toBe(set.count);
    }
  });

  it('are split as in every version before', () => {
    // A failure means that test images of running experiments have moved: do not correct the number, undo the change.
    expect(digits.checksum).toBe('f46be13c08e2a6a777353a69c6aec7db83c8261a58082fa798e1b4d19f1aaa50');
  });

  it('are read from the cache, and packed again when the cache is damaged', async () => {
    const source = { source: 'mnist-embedded' } as const;
    const { checksum } = digits;
    const pack = join(cache, `mnist-embedded-${checksum.slice(0, 16)}.gpack`);
    const files = [join(cache, 'mnist-embedded-1.1.0.bin'), pack];
    const written = () => files.map((file) => statSync(file)).map(({ ino, mtimeMs }) => [ino, mtimeMs]);
    const before = written();
    expect((await loadDataset(source, { cacheDirectory: cache, checksum })).checksum).toBe(checksum);
    expect(written()).toEqual(before);
    for (const file of files) {
      const short = readFileSync(file).subarray(0, 5_000_000);
      // A new file: the old one is open, and would be missed.
      rmSync(file);
      writeFileSync(file, short);
    }
    expect((await load()).checksum).toBe(checksum);
    expect(imageAt((await load()).train, 7999, 784)).toEqual(imageAt(digits.train, 7999, 784));
  });

  it('never turn up in two of the three sets', () => {
    const all = [digits.train, digits.validation, digits.test].flatMap(hashes);
    // No two of the 10,000 digits are equal, so each hash stands for one digit.
    expect(new Set(all).size).toBe(10_000);
  });

  it('contain each digit about as often as the package does, with the right label', () => {
    const perDigit = (set: ImageSet) =>
      digits.classes.map((_, c) => set.labels.filter((l) => l === c).length);
    const total = [digits.train, digits.validation, digits.test]
      .map(perDigit)
      .reduce((sum, counts) => sum.map((n, c) => n + counts[c]!));
    expect(total).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    for (const count of perDigit(digits.validation)) expect(count).toBeGreaterThan(60);
    // A zero is hollow and a one is not: the labels belong to the images.
    const centre = (digit: number) => meanPixel(digits.train, digit, 14 * 28 + 14);
    expect(centre(0)).toBeLessThan(30);
    expect(centre(1)).toBeGreaterThan(200);
  });

  it('keep their test set when the size of the other two changes', async () => {
    const other = await load({ validation: 2000, train: 500 });
    expect(hashes(other.test)).toEqual(hashes(digits.test));
    expect(hashes(other.validation).slice(0, 1000)).toEqual(hashes(digits.validation));
    expect(other.train.count).toBe(500);
    expect(other.checksum).not.toBe(digits.checksum);
  });

  it('are split otherwise by another seed, also one that differs only above 32 bits', async () => {
    const seeds = [1, 2, 2 ** 32, 2 ** 52];
    const checksums = new Set([digits.checksum]);
    for (const seed of seeds) checksums.add((await load({ seed })).checksum);
    expect(checksums.size).toBe(1 + seeds.length);
  });

  it('become 14 x 14 by the mean of 2 x 2 pixels', async () => {
    const small = await load({ meanPool: 2 });
    expect(small).toMatchObject({ height: 14, width: 14 });
    expect(small.test.labels).toEqual(digits.test.labels);
    const image = imageAt(digits.test, 7, 784);
    const pooled = imageAt(small.test, 7, 196);
    for (let y = 0; y < 14; y++) {
      for (let x = 0; x < 14; x++) {
        const block = [0, 1, 28, 29].map((offset) => image[2 * y * 28 + 2 * x + offset]!);
        expect(pooled[y * 14 + x]).toBe(Math.round(block.reduce((sum, value) => sum + value) / 4));
      }
    }
  });
});

function hashes(set: ImageSet): string[] {
  return Array.from({ length: set.count }, (_, index) =>
    createHash('sha1')
      .update(imageAt(set, index, 784))
      .digest('hex'),
  );
}

function meanPixel(set: ImageSet, label: number, pixel: number): number {
  const values: number[] = [];
  set.labels.forEach((l, index) => l === label && values.push(imageAt(set, index, 784)[pixel]!));
  return values.reduce((sum, value) => sum + value) / values.length;
}
