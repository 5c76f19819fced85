import { readCifar10 } from './cifar10.js';
import type { Dataset, Source } from './dataset.js';
import { checksumOf } from './dataset.js';
import { readFashionMnist } from './fashion-mnist.js';
import { meanPool } from './mean-pool.js';
import { readMnistEmbedded } from './mnist-embedded.js';
import { readMnist } from './mnist.js';
import type { DatasetOptions, ResolvedDatasetOptions } from './options.js';
import { resolveDatasetOptions } from './options.js';
import { split } from './split.js';
import { makeSynthetic } from './synthetic.js';

/**
 * Reads a data set and splits it. The same options and the same files give the same `checksum`, on every machine.
 *
 * Nothing is downloaded: the files of a published data set must be in `options.directory`.
 *
 * @param cacheDirectory for `mnist-embedded`: where its packed form is kept. Absent: `$GALAPAGOS_CACHE`, else
 * `$XDG_CACHE_HOME/galapagos`, else `~/.cache/galapagos`. Where that cannot be written, the temporary files serve.
 *
 * Thrown when the options are wrong, a file is missing or is not what it should be, or there are too few
 * examples: a `DatasetError`, see `DatasetErrorCode`.
 */
export async function loadDataset(options: DatasetOptions, cacheDirectory?: string): Promise<Dataset> {
  const resolved = resolveDatasetOptions(options);
  const source = meanPool(await readSource(resolved, cacheDirectory), resolved.meanPool);
  const { height, width, channels, classes } = source;
  const dataset = { name: resolved.source, height, width, channels, classes, ...split(source, resolved) };
  return { ...dataset, checksum: checksumOf(dataset) };
}

async function readSource(options: ResolvedDatasetOptions, cacheDirectory?: string): Promise<Source> {
  switch (options.source) {
    case 'mnist-embedded':
      return readMnistEmbedded(cacheDirectory);
    case 'mnist':
      return readMnist(options.directory);
    case 'fashion-mnist':
      return readFashionMnist(options.directory);
    case 'cifar10':
      return readCifar10(options.directory);
    case 'synthetic':
      return makeSynthetic(options.synthetic, options.seed);
  }
}
