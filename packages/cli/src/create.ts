import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Dataset, loadDataset } from '@galapagos/datasets';
import { firstDna } from '@galapagos/dna';
import { type Experiment, POPULATION_FORMAT, createExperiment } from '@galapagos/population';
import { costOf, excessOver, planNetwork } from '@galapagos/trainer';
import { type Configuration, resolveConfiguration } from './configuration.js';
import type { RawConfiguration } from './configuration-file.js';
import { realGround } from './ground.js';
import { UsageError } from './usage-error.js';
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
  if (directory === '')
    throw new UsageError('the directory of the experiment is empty: is a variable not set?');
  const configuration = resolveConfiguration(raw, source);
  const dataset = await loadDataset(configuration.data);
  refuseHopeless(configuration, dataset, source);
  const ground = realGround();
  const experiment = resolved(configuration, dataset, await isLocal(directory));
  await createExperiment(ground, resolve(directory), experiment);
  return { experiment, dataset };
}

/** What each field may be alone, and not all together: no individual could ever be trained. */
function refuseHopeless({ search, training }: Configuration, dataset: Dataset, source: string): void {
  const { firstLearningRate, weightDecayRate } = search;
  const dna = firstDna({ learningRate: firstLearningRate, weightDecayRate });
  const cost = costOf(planNetwork(dna, dataset, dataset.classes.length), training.batchSize);
  const excess = excessOver(cost, training);
  if (excess !== undefined)
    throw new UsageError(`${source}: training.limits: even the first individual has ${excess}`);
  const side = Math.min(dataset.height, dataset.width);
  if (training.padCrop < side) return;
  throw new UsageError(
    `${source}: training.padCrop: ${training.padCrop} pixels would leave nothing of an image of ${side}`,
  );
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
