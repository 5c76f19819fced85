import { existsSync } from 'node:fs';
import { isPack } from '@galapagos/datasets';
import { type RawConfiguration, isObject } from './configuration-file.js';
import { quote } from './format.js';
import { UsageError } from './usage-error.js';

/**
 * What `--data` says: a packed file is the data itself, anything else is where the files of the source are that the
 * rest of the configuration names.
 * @param below What the flag is laid over.
 * @throws UsageError when the two do not go together.
 */
export function dataOf(path: string, below: RawConfiguration): RawConfiguration {
  const source = isObject(below['data']) ? below['data']['source'] : undefined;
  if (isPack(path)) {
    if (source === undefined || source === 'packed') return { data: { source: 'packed', file: path } };
    throw new UsageError(
      `--data ${path}: is a packed data set, but the rest asks for data.source ${JSON.stringify(source)}; for your own images take --preset images, and change its fields with --set`,
    );
  }
  if (source !== undefined && source !== 'packed') return { data: { directory: path } };
  if (source === 'packed' && !existsSync(path)) throw new UsageError(`--data ${path}: no such file`);
  throw new UsageError(
    existsSync(path)
      ? `--data ${path}: is no packed data set; make one of it with: galapagos data import ${quote(path)} data.gpack. Or say which published data set it is: --set data.source=cifar10`
      : `--data ${path}: no such file or folder`,
  );
}
