import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mkdtempSync } from 'node:fs';
import type { Augmentation } from './augment.js';
import { fillBatch } from './batch.js';
import { type Dataset, sizeOf } from './dataset.js';
import { loadSharp } from './import/decode.js';
import { createRandom } from './random.js';

export interface SheetOptions {
  /** Decides which images are drawn. */
  seed: number;
  /** Images of each class. @default 12 */
  columns?: number;
  /** Draw one image of each class as it is, then what training may see of it. */
  augmentation?: Augmentation | undefined;
}

const SHEET_STREAM = 3;
/** An image is enlarged by a whole factor, to about so many pixels. */
const TILE = 64;
const GAP = 4;
const MARGIN = 16;
const HEADING = 28;
const FONT = 15;
/** Of a letter, about, in units of the size of the font. */
const LETTER = 0.58;
/** A sheet with more rows than this would be no sheet. */
const MOST_ROWS = 100;

/**
 * Draws samples of the training images as a PNG file, one row for each class, labelled. Of images with other than one
 * or three channels the first is drawn. More than a hundred classes: the first hundred.
 *
 * Thrown when the library that draws does not load (`no-decoder`).
 */
export async function drawSheet(dataset: Dataset, path: string, options: SheetOptions): Promise<void> {
  const { columns = 12 } = options;
  const sharp = await loadSharp();
  const factor = Math.max(1, Math.round(TILE / Math.max(dataset.height, dataset.width)));
  const [tileHeight, tileWidth] = [dataset.height * factor, dataset.width * factor];
  const rows = dataset.classes.slice(0, MOST_ROWS);
  const longest = Math.max(...rows.map((name) => shortened(name).length));
  const left = MARGIN + Math.ceil(longest * LETTER * FONT) + MARGIN;
  const width = left + columns * (tileWidth + GAP) + MARGIN;
  const height = MARGIN + HEADING + rows.length * (tileHeight + GAP) + MARGIN;
  const canvas = Buffer.alloc(width * height * 3, 255);
  const random = createRandom(options.seed, SHEET_STREAM);
  const top = (row: number) => MARGIN + HEADING + row * (tileHeight + GAP);
  rows.forEach((_, label) => {
    samplesOf(dataset, label, columns, options.augmentation, random).forEach((image, column) => {
      paint(canvas, width, image, dataset, factor, left + column * (tileWidth + GAP), top(label));
    });
  });
  const heading =
    options.augmentation === undefined
      ? `${dataset.name}: ${dataset.train.count} training images, ${dataset.height} x ${dataset.width} x ${dataset.channels}`
      : `${dataset.name}: left as it is, then as training may see it (${describe(options.augmentation)})`;
  const texts = [
    text(MARGIN, MARGIN + FONT, 'start', heading),
    ...rows.map((name, row) =>
      text(left - MARGIN / 2, top(row) + tileHeight / 2 + FONT / 3, 'end', shortened(name)),
    ),
  ];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="${FONT}">${texts.join('')}</svg>`;
  const aside = mkdtempSync(join(dirname(path), '.drawing-'));
  try {
    const drawn = join(aside, 'sheet.png');
    await sharp(canvas, { raw: { width, height, channels: 3 } })
      .composite([{ input: Buffer.from(svg) }])
      .png()
      .toFile(drawn);
    await rename(drawn, path);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Images of one class as bytes: different ones, or one and what augmentation makes of it. */
function samplesOf(
  dataset: Dataset,
  label: number,
  columns: number,
  augmentation: Augmentation | undefined,
  random: () => number,
): Uint8Array[] {
  const { train } = dataset;
  const all = Array.from(train.labels.keys()).filter((index) => train.labels[index] === label);
  if (all.length === 0) return [];
  if (augmentation === undefined) {
    const chosen: number[] = [];
    while (chosen.length < columns && all.length > 0) {
      chosen.push(...all.splice(Math.floor(random() * all.length), 1));
    }
    return seen(dataset, chosen, {}, random);
  }
  const index = all[Math.floor(random() * all.length)]!;
  const varied = seen(dataset, Array<number>(columns - 1).fill(index), augmentation, random);
  return [...seen(dataset, [index], {}, random), ...varied];
}

/** Images as training sees them, made bytes again: what is padded then has the mean colour. */
function seen(
  dataset: Dataset,
  indices: number[],
  augmentation: Augmentation,
  random: () => number,
): Uint8Array[] {
  const size = sizeOf(dataset);
  const { mean, deviation } = dataset.normalization;
  const batch = new Float32Array(indices.length * size);
  const labels = new Int32Array(indices.length);
  fillBatch(dataset, dataset.train, indices, batch, labels, dataset.normalization, augmentation, random);
  return indices.map((_, position) =>
    Uint8Array.from(batch.subarray(position * size, (position + 1) * size), (value, at) => {
      const channel = at % dataset.channels;
      return Math.round(value * deviation[channel]! + mean[channel]!);
    }),
  );
}

function paint(
  canvas: Buffer,
  canvasWidth: number,
  image: Uint8Array,
  { height, width, channels }: Dataset,
  factor: number,
  left: number,
  top: number,
): void {
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * channels;
      const to = ((top + y) * canvasWidth + left + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        canvas[to + channel] = image[from + (channels === 3 ? channel : 0)]!;
      }
    }
  }
}

function describe({ padCrop = 0, flip = false }: Augmentation): string {
  const parts = [...(padCrop > 0 ? [`padCrop ${padCrop}`] : []), ...(flip ? ['flip'] : [])];
  return parts.join(', ') || 'no augmentation';
}

function shortened(name: string): string {
  return name.length > 28 ? `${name.slice(0, 27)}…` : name;
}

function text(x: number, y: number, anchor: 'start' | 'end', words: string): string {
  const escaped = words.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped}</text>`;
}
