import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CifarVariant, readCifar } from '../cifar.js';
import { CIFAR10 } from '../cifar10.js';
import { CIFAR100 } from '../cifar100.js';
import { type ImageSet, sizeOf } from '../dataset.js';
import type { RawSet, RawSource } from './raw-source.js';

/** Which of the two CIFARs is in a folder, if any. */
export function cifarIn(folder: string): CifarVariant | undefined {
  return [CIFAR10, CIFAR100].find((variant) =>
    [...variant.trainFiles, variant.testFile].some((name) =>
      [join(folder, name), join(folder, variant.folder, name)].some((path) => existsSync(path)),
    ),
  );
}

/** All of it in memory, as it is never more than 184 MB. */
export async function openCifar(folder: string, variant: CifarVariant): Promise<RawSource> {
  const { height, width, channels, classes, pool, ownTest } = await readCifar(folder, variant);
  const rawSet = (set: ImageSet, part: string): RawSet => ({
    count: set.count,
    labels: set.labels,
    nameOf: (index) => `${folder} (${part} image ${index})`,
    image: (index) => {
      const pixels = new Uint8Array(sizeOf({ height, width, channels }));
      set.read([index], pixels);
      return Promise.resolve({ height, width, channels, pixels });
    },
  });
  return {
    classes,
    pool: rawSet(pool, 'training'),
    ...(ownTest && { test: rawSet(ownTest, 'test') }),
    origin: variant.publication.title,
    notes: [],
    close: () => undefined,
  };
}
