import { cacheDirectories } from './cache.js';
import { findPack, keepPack } from './cached-pack.js';
import { readCifar10 } from './cifar10.js';
import { readCifar100 } from './cifar100.js';
import type { Contents, Dataset, Source } from './dataset.js';
import { readFashionMnist } from './fashion-mnist.js';
import { meanPool } from './mean-pool.js';
import { readMnistEmbedded } from './mnist-embedded.js';
import { readMnist } from './mnist.js';
import type { DatasetOptions, NamedOptions } from './options.js';
import { resolveDatasetOptions } from './options.js';
import { PackFile } from './pack-file.js';
import { split } from './split.js';
import { summarize } from './summarize.js';
import { makeSynthetic } from './synthetic.js';

export interface LoadOptions {
  /**
   * Where data sets are kept packed. Absent: `$GALAPAGOS_CACHE`, else `$XDG_CACHE_HOME/galapagos`, else
   * `~/.cache/galapagos`. Where that cannot be written, the temporary files serve, and memory where those cannot.
   */
  cacheDirectory?: string | undefined;
  /**
   * The checksum that is expected. What is found under it in the cache spares the originals; without it, or where there
   * is none, they are read. That the result has this checksum is for the caller to see.
   */
  checksum?: string | undefined;
}

/**
 * Opens a data set. The same options and the same files give the same `checksum`, on every machine.
 *
 * Nothing is downloaded: the files of a published data set must be in `options.directory`. They are split and packed
 * into the cache once; all processes of a host then read that one file. `packed` is a file already. `synthetic` is in
 * memory.
 *
 * Thrown when the options are wrong, a file is missing or is not what it should be, or there are too few
 * examples: a `DatasetError`, see `DatasetErrorCode`.
 */
export async function loadDataset(
  options: DatasetOptions,
  { cacheDirectory, checksum }: LoadOptions = {},
): Promise<Dataset> {
  const resolved = resolveDatasetOptions(options);
  if (resolved.source === 'packed') return openPack(resolved.file);
  const directories = resolved.source === 'synthetic' ? [] : cacheDirectories(cacheDirectory);
  const known = checksum === undefined ? undefined : findPack(resolved.source, checksum, directories);
  if (known !== undefined) return known;
  const contents = await readContents(resolved, cacheDirectory);
  const summary = summarize(contents);
  const provenance = {
    split: { seed: resolved.seed, validation: 'drawn', test: hasOwnTest(resolved) ? 'own' : 'drawn' },
    origin: resolved.source,
  } as const;
  return (
    findPack(resolved.source, summary.checksum, directories) ??
    (await keepPack(contents, summary.checksum, provenance, directories)) ?? {
      ...contents,
      ...summary,
      close: () => undefined,
    }
  );
}

/** A packed file, all of which was looked at. */
function openPack(path: string): Dataset {
  const pack = PackFile.open(path);
  try {
    pack.verify();
    return pack.dataset();
  } catch (error) {
    pack.close();
    throw error;
  }
}

function hasOwnTest({ source }: NamedOptions): boolean {
  return source !== 'mnist-embedded' && source !== 'synthetic';
}

async function readContents(options: NamedOptions, cacheDirectory?: string): Promise<Contents> {
  const source = meanPool(await readSource(options, cacheDirectory), options.meanPool);
  const { height, width, channels, classes } = source;
  return { name: options.source, height, width, channels, classes, ...split(source, options) };
}

async function readSource(options: NamedOptions, cacheDirectory?: string): Promise<Source> {
  switch (options.source) {
    case 'mnist-embedded':
      return readMnistEmbedded(cacheDirectory);
    case 'mnist':
      return readMnist(options.directory);
    case 'fashion-mnist':
      return readFashionMnist(options.directory);
    case 'cifar10':
      return readCifar10(options.directory);
    case 'cifar100':
      return readCifar100(options.directory);
    case 'synthetic':
      return makeSynthetic(options.synthetic, options.seed);
  }
}
