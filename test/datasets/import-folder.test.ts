import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { noise, writeFolder, writeImage } from './images.js';
import { ALL, found, newImport, one } from './importing.js';
import { expectDatasetError, testRandom } from './support.js';

let directory: ReturnType<typeof newImport>['directory'];
let source: ReturnType<typeof newImport>['source'];
let importAs: ReturnType<typeof newImport>['importAs'];
let imported: ReturnType<typeof newImport>['imported'];

beforeEach(() => {
  ({ directory, source, importAs, imported } = newImport());
});

describe('a folder of images', () => {
  it.each([
    ['coloured', 3],
    ['gray', 1],
  ] as const)('gives the same pixels: %s', async (_, channels) => {
    const random = testRandom(channels);
    const expected: string[] = [];
    for (const [label, name] of ['ape', 'bee', 'cat é & co'].entries()) {
      for (let image = 0; image < 12; image++) {
        const pixels = noise(random, 5, 7, channels);
        await writeImage(join(source, name, `${image}.${image % 2 ? 'png' : 'PNG'}`), pixels, 5, 7, channels);
        expected.push(`${label}: ${pixels.join()}`);
      }
    }
    const dataset = await imported();
    expect(dataset).toMatchObject({ name: 'own', height: 5, width: 7, channels });
    expect(dataset.classes).toEqual(['ape', 'bee', 'cat é & co']);
    expect([dataset.train.count, dataset.validation.count, dataset.test.count]).toEqual([28, 4, 4]);
    expect(found(dataset, ALL)).toEqual(expected.sort());
    expect(readdirSync(directory).sort()).toEqual(['own.gpack', 'source']);
  });

  it('is split by the seed: the same gives the same checksum', async () => {
    await writeFolder(source, ['a', 'b'], 20);
    const checksums = [];
    for (const seed of [1, 1, 2]) checksums.push((await importAs({ seed })).header.checksum);
    expect(checksums[1]).toBe(checksums[0]);
    expect(checksums[2]).not.toBe(checksums[0]);
  });

  it('keeps the parts that it has', async () => {
    await writeFolder(join(source, 'train'), ['a', 'b'], 10);
    await writeFolder(join(source, 'val'), ['a', 'b'], 3);
    await writeFolder(join(source, 'test'), ['b'], 2);
    const dataset = await imported();
    expect([dataset.train.count, dataset.validation.count, dataset.test.count]).toEqual([20, 6, 2]);
    expect([...dataset.test.labels]).toEqual([1, 1]);
    await expectDatasetError(() => importAs(one), 'bad-options', '--validation', 'of their own');
  });

  it('takes numbers and shares', async () => {
    await writeFolder(source, ['a', 'b'], 20);
    const { header } = await importAs({ validation: { share: 0.25 }, test: { count: 3 } });
    expect(header.counts).toEqual({ train: 27, validation: 10, test: 3 });
    expect(header.split).toEqual({ seed: 1, validation: 'drawn', test: 'drawn' });
  });

  it('makes of every kind of image 8 bits a channel, upright, without transparency', async () => {
    const red = { create: { width: 4, height: 2, channels: 3, background: '#ff0000' } } as const;
    const clear = { create: { width: 4, height: 2, channels: 4, background: '#ff000000' } } as const;
    mkdirSync(join(source, 'a'));
    mkdirSync(join(source, 'b'));
    await sharp(red).toColourspace('rgb16').png().toFile(join(source, 'a/sixteen.png'));
    await sharp(red).toColourspace('cmyk').jpeg({ quality: 100 }).toFile(join(source, 'a/cmyk.jpg'));
    await sharp(red).webp({ lossless: true }).toFile(join(source, 'a/webp.webp'));
    await sharp(red).png({ palette: true }).toFile(join(source, 'a/palette.png'));
    await sharp(clear).png().toFile(join(source, 'b/clear.png'));
    await sharp({ create: { ...red.create, width: 2, height: 4 } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .withMetadata({ orientation: 6 })
      .toFile(join(source, 'b/turned.jpg'));
    const formats = await Promise.all(
      ['a/sixteen.png', 'a/cmyk.jpg', 'b/clear.png'].map((name) => sharp(join(source, name)).metadata()),
    );
    expect(formats.map(({ depth, space, hasAlpha }) => `${depth} ${space} ${hasAlpha}`)).toEqual([
      'ushort rgb16 false',
      'uchar cmyk false',
      'uchar srgb true',
    ]);
    const dataset = await imported({ validation: { count: 1 }, test: { count: 1 }, seed: 4 });
    expect(dataset).toMatchObject({ height: 2, width: 4, channels: 3 });
    const corners = found(dataset, ALL).map((image) =>
      image.replace(/,/g, ' ').split(' ').slice(0, 4).map(Number.parseFloat),
    );
    const whites = corners.filter((values) => values[2]! > 200);
    expect(whites.length).toBe(1);
    expect(corners.filter((values) => values[1]! > 200 && values[2]! < 60).length).toBe(5);
  });

  it('is resized, and made gray or coloured', async () => {
    const random = testRandom(9);
    for (const name of ['a', 'b']) {
      for (let image = 0; image < 5; image++) {
        await writeImage(join(source, name, `${image}.png`), noise(random, 6 + image, 9, 3), 6 + image, 9);
        await writeImage(join(source, name, `gray ${image}.png`), noise(random, 8, 8, 1), 8, 8, 1);
      }
    }
    const size = { height: 4, width: 6 };
    expect(await imported({ size, channels: 1 })).toMatchObject({ ...size, channels: 1 });
    expect(await imported({ size, channels: 3 })).toMatchObject({ ...size, channels: 3 });
    await expectDatasetError(
      () => importAs({ size }),
      'malformed-file',
      'is coloured',
      'is gray',
      '--channels 3',
    );
    const differing = ['a/0.png has 6 x 9 pixels', 'a/1.png has 7 x 9', '--size 32'];
    await expectDatasetError(() => importAs({ channels: 3 }), 'malformed-file', ...differing);
  });

  it('lists what is broken, all of it, or goes on without', async () => {
    await writeFolder(source, ['a', 'b'], 20, 8);
    for (let image = 0; image < 11; image++) writeFileSync(join(source, 'a', `${image}.png`), 'no image');
    await sharp(noise(testRandom(2), 64, 64, 3), { raw: { height: 64, width: 64, channels: 3 } })
      .jpeg()
      .toFile(join(source, 'b/cut.jpg'));
    truncateSync(join(source, 'b/cut.jpg'), 2500);
    truncateSync(join(source, 'b/7.png'), 60);
    writeFileSync(join(source, 'b/empty.webp'), '');
    writeFileSync(join(source, 'b/readme.txt'), '');
    const size = { height: 8, width: 8 };
    const listed = [
      join(source, 'a/0.png'),
      'unsupported image format',
      '14 of 42 images',
      'and 4 more',
      '--skip-broken',
    ];
    await expectDatasetError(() => importAs({ size }), 'malformed-file', ...listed);
    expect(readdirSync(directory)).toEqual(['source']);
    const { header, skipped, notes } = await importAs({ size, skipBroken: true });
    expect(skipped).toMatchObject({ count: 14 });
    expect(skipped.examples.length).toBe(10);
    expect(header.counts.train + header.counts.validation + header.counts.test).toBe(28);
    expect(notes.join()).toMatch(/b: 1 entry that is no PNG.* passed over: readme\.txt/);
  });

  it('takes none for broken that cannot be read', async () => {
    await writeFolder(source, ['a', 'b'], 3);
    symlinkSync(join(directory, 'away'), join(source, 'a', 'away.png'));
    await expectDatasetError(() => importAs({ skipBroken: true }), 'missing-file', 'away.png');
    expect(readdirSync(directory)).toEqual(['source']);
  });

  it('leaves nothing behind when it is ended', async () => {
    await writeFolder(source, ['a', 'b'], 20);
    const ending = new AbortController();
    const importing = importAs({ signal: ending.signal, onProgress: () => ending.abort() });
    await expect(importing).rejects.toThrow('aborted');
    expect(readdirSync(directory)).toEqual(['source']);
  });
});
