import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, type ImportOptions, importData, loadDataset } from '@galapagos/datasets';
import { onTestFinished } from 'vitest';
import { imageAt, temporaryDirectory } from './support.js';

const DEFAULTS = { name: 'own', seed: 1, skipBroken: false } as const;
/** A split of sources that are small. */
export const one = { validation: { count: 1 }, test: { count: 1 } } as const;
export const ALL = ['train', 'validation', 'test'] as const;

/** A directory with an empty folder to import from, and what is done with the two. */
export function newImport() {
  const directory = temporaryDirectory();
  const source = join(directory, 'source');
  const out = join(directory, 'own.gpack');
  mkdirSync(source);
  const importAs = (options: Partial<ImportOptions> = {}, from = source) =>
    importData(from, out, { ...DEFAULTS, ...options });
  /** Imports, and opens what came of it. */
  const imported = async (options: Partial<ImportOptions> = {}, from = source): Promise<Dataset> => {
    await importAs(options, from);
    const dataset = await loadDataset({ source: 'packed', file: out });
    onTestFinished(() => dataset.close());
    return dataset;
  };
  return { directory, source, out, importAs, imported };
}

/** Each image as `label: bytes`, sorted, since a split shuffles. */
export function found(dataset: Dataset, parts: readonly ('train' | 'validation' | 'test')[]): string[] {
  const size = dataset.height * dataset.width * dataset.channels;
  return parts
    .flatMap((part) =>
      Array.from(dataset[part].labels, (label, at) => `${label}: ${imageAt(dataset[part], at, size).join()}`),
    )
    .sort();
}
