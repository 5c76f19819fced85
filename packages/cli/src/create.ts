import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Dataset, loadDataset } from '@galapagos/datasets';
import {
  EXPERIMENT_FILE,
  LOST_AND_FOUND,
  type Experiment,
  POPULATION_FORMAT,
  createExperiment,
  isMissing,
} from '@galapagos/population';
import type { TrainingSettings } from '@galapagos/trainer';
import { type Configuration, resolveConfiguration } from './configuration.js';
import type { RawConfiguration } from './configuration-file.js';
import { type Costs, measureCosts } from './costs.js';
import { deriveLimits } from './derive-limits.js';
import { realGround } from './ground.js';
import { thisMachine } from './machine.js';
import { type Fit, requireFit } from './require-fit.js';
import { refuseHopeless, refuseTightBounds, refuseTooCostly } from './refuse-hopeless.js';
import { UsageError } from './usage-error.js';
import { version } from './version.js';

export interface Created {
  readonly experiment: Experiment;
  readonly dataset: Dataset;
  readonly fit: Fit;
  /** What else lies in the directory: some of it, if there is anything. */
  readonly beside: readonly string[];
  /** The limits of an individual, and why. */
  readonly limits: readonly string[];
  /** What individuals cost on this machine. Measured once, and not before it is asked for. */
  readonly measure: () => Promise<Costs>;
}

/**
 * Makes an experiment: checks the configuration and the data, fills in what follows from them and from the disk.
 * @throws UsageError, DatasetError, PopulationError.
 */
export async function createFrom(directory: string, raw: RawConfiguration, source: string): Promise<Created> {
  if (directory === '')
    throw new UsageError('the directory of the experiment is empty: is a variable not set?');
  refuseOccupied(directory);
  const beside = namesIn(resolve(directory));
  const configuration = resolveConfiguration(raw, source);
  const dataset = await loadDataset(configuration.data);
  refuseHopeless(configuration.training, dataset, source);
  const fit = await requireFit(directory);
  let costs: Promise<Costs> | undefined;
  const measure = () => (costs ??= measureCosts(dataset, configuration.training, 'auto'));
  const { limits, reasons } = await deriveLimits(configuration, dataset, thisMachine(), measure);
  const training = { ...configuration.training, limits };
  refuseTooCostly(configuration.search, training, dataset, source);
  const ground = realGround();
  const experiment = resolved({ ...configuration, training }, dataset, fit.settings.leaseSeconds);
  refuseTightBounds(experiment.bounds, experiment.search, source);
  await createExperiment(ground, resolve(directory), experiment);
  // It is carried out as whoever works here: nobody else is to change it.
  if (experiment.evaluation !== undefined) await chmod(resolve(directory, EXPERIMENT_FILE), 0o644);
  return { experiment, dataset, fit, beside, limits: reasons, measure };
}

function resolved(
  { search, data, training, evaluation, bounds }: Configuration & { readonly training: TrainingSettings },
  dataset: Dataset,
  leaseSeconds: number,
): Experiment {
  const { height, width, channels } = dataset;
  const seed = search.seed ?? randomBytes(6).toString('hex');
  return {
    format: POPULATION_FORMAT,
    createdAt: realGround().clock.now().toISOString(),
    version,
    search: { ...search, seed, image: { height, width, channels } },
    // A worker that starts elsewhere has to find it too.
    data: {
      ...data,
      ...(data.directory === undefined ? {} : { directory: resolve(data.directory) }),
      ...(data.file === undefined ? {} : { file: resolve(data.file) }),
    },
    dataChecksum: dataset.checksum,
    classes: dataset.classes,
    training,
    ...(evaluation.command === null ? {} : { evaluation }),
    bounds: { ...bounds, leaseSeconds: bounds.leaseSeconds ?? leaseSeconds },
  };
}

/** Individuals of another search would be bred with those of this one. */
function refuseOccupied(directory: string): void {
  const root = resolve(directory);
  for (let above = dirname(root); above !== dirname(above); above = dirname(above)) {
    if (existsSync(`${above}/${EXPERIMENT_FILE}`))
      throw new UsageError(`${directory}: lies in the directory of another experiment, ${above}`);
  }
  if (existsSync(`${root}/${EXPERIMENT_FILE}`)) return;
  const remains = ['training', 'alive', 'dead', 'hall-of-fame', 'history'].filter(
    (state) => namesIn(`${root}/${state}`).length > 0,
  );
  if (remains.length > 0)
    throw new UsageError(
      `${directory}: holds individuals of a search (${remains.map((state) => `${state}/`).join(', ')}) whose ${EXPERIMENT_FILE} is gone: put that back, or take another directory`,
    );
  // Workers set aside in a directory of that name what they find in their way.
  if (namesIn(root).includes(LOST_AND_FOUND))
    throw new UsageError(
      `${directory}: holds the ${LOST_AND_FOUND}/ of a disk: take a directory of its own on it, as ${directory}/run`,
    );
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
