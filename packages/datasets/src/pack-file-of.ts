import { join } from 'node:path';
import type { Dataset } from './dataset.js';
import { PACK_EXTENSION } from './pack-format.js';
import { writePack } from './write-pack.js';

/**
 * The packed file of a data set, for a program that reads it by itself: the one that it is read from, else one that is made in
 * `directory`.
 */
export async function packFileOf(dataset: Dataset, directory: string): Promise<string> {
  if (dataset.file !== undefined) return dataset.file;
  const path = join(directory, `${dataset.name}${PACK_EXTENSION}`);
  const split = { seed: 0, validation: 'drawn', test: 'drawn' } as const;
  await writePack(path, dataset, { split, origin: dataset.name });
  return path;
}
