import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Dataset, loadDataset } from '@galapagos/datasets';
import { type Experiment, POPULATION_FORMAT, createExperiment } from '@galapagos/population';
import { type Configuration, resolveConfiguration } from './configuration.js';
import type { RawConfiguration } from './configuration-file.js';
import { realGround } from './ground.js';
import { version } from './version.js';

/** Seconds after which a silent worker is taken for gone: on a disk, and where hangs of half a minute were seen. */
const LOCAL_LEASE = 10;
const NETWORK_LEASE = 60;

/**
 * Makes an experiment: checks the configuration and the data, fills in what follows from them and from the disk.
 * @throws UsageError, DatasetError, PopulationError.
 */
export async function createFrom(
  directory: string,
  raw: RawConfiguration,
  source: string,
): Promise<{ experiment: Experiment; dataset: Dataset }> {
  const configuration = resolveConfiguration(raw, source);
  const dataset = await loadDataset(configuration.data);
  const ground = realGround();
  const experiment = resolved(configuration, dataset, await isLocal(directory));
  await createExperiment(ground, resolve(directory), experiment);
  return { experiment, dataset };
}

function resolved(
  { search, data, training, bounds }: Configuration,
  dataset: Dataset,
  local: boolean,
): Experiment {
  const { height, width, channels } = dataset;
  const seed = search.seed ?? randomBytes(6).toString('hex');
  return {
    format: POPULATION_FORMAT,
    createdAt: realGround().clock.now().toISOString(),
    version,
    search: { ...search, seed, image: { height, width, channels } },
    // A worker that starts elsewhere has to find it too.
    data: data.directory === undefined ? data : { ...data, directory: resolve(data.directory) },
    dataChecksum: dataset.checksum,
    classes: dataset.classes,
    training,
    bounds: { ...bounds, leaseSeconds: bounds.leaseSeconds ?? (local ? LOCAL_LEASE : NETWORK_LEASE) },
  };
}

async function isLocal(directory: string): Promise<boolean> {
  let existing = resolve(directory);
  while (!existsSync(existing)) existing = dirname(existing);
  return (await realGround().filesystem.space(existing)).local;
}
