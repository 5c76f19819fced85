import { join } from 'node:path';
import { populate } from './readers/cast.js';
import { configurationReader, viewReader } from './readers/command-line.js';
import { dataReaders } from './readers/data.js';
import { dnaReaders } from './readers/dna.js';
import { populationReaders } from './readers/population.js';
import { type Reader } from './readers/reader.js';
import { type Internals, tensorReaders } from './readers/tensors.js';

export { Finding, fuzzReader } from './readers/reader.js';

/** All readers, over samples that are made in a folder. */
export async function allReaders(folder: string, internals: Internals): Promise<Reader[]> {
  const root = join(folder, 'experiment');
  const cast = await populate(root);
  return [
    ...dnaReaders(),
    ...populationReaders(root, cast),
    ...tensorReaders(internals),
    ...dataReaders(folder),
    configurationReader(folder),
    viewReader(root, cast),
  ];
}
