import { z } from 'zod';
import { DOCUMENT_LIMIT, POPULATION_FORMAT, formatDocument, parseDocument } from './documents.js';
import { PopulationError } from './errors.js';
import { errorCode, ifPresent, unfit } from './filesystem-errors.js';
import type { Filesystem } from './filesystem.js';
import { linkIfAbsent, listFixed, readIfPresent } from './files.js';
import type { Ground } from './ground.js';
import { EXPERIMENT_FILE, TOP_DIRECTORIES } from './layout.js';

const boundsFields = {
  individuals: z
    .int()
    .positive()
    .nullable()
    .describe('Births after which no more begin; null for no bound. Overshoot: one per worker.'),
  workerSeconds: z
    .number()
    .positive()
    .nullable()
    .describe('Seconds of training, summed over all workers, after which no more individuals are begun.'),
  flops: z
    .number()
    .positive()
    .nullable()
    .describe('Floating-point operations of training, summed over all workers, after which none are begun.'),
  wallSeconds: z
    .number()
    .positive()
    .nullable()
    .describe(
      'Seconds since the first worker started, pauses included, after which no more individuals are begun.',
    ),
  targetFitness: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .describe('Fitness that ends the search once one of the living has it, 0 to 1.'),
  patience: z
    .int()
    .positive()
    .nullable()
    .describe('Births without a fitter individual after which no more begin. Overshoot: one per worker.'),
  maxBytes: z
    .int()
    .positive()
    .nullable()
    .describe(
      'Bytes of disk that the experiment may take: near it the dead make room, at it nobody is born. What those in training will come to is counted in. Overshoot: what is born between two looks, ten seconds apart, on a slow mount up to a minute.',
    ),
  maxInodes: z.int().positive().nullable().describe('Inodes that the experiment may take, as maxBytes.'),
  leaseSeconds: z
    .number()
    .positive()
    .describe(
      'A worker whose beat stood still for so long is taken for gone. 60 on a network mount, 10 on a disk.',
    ),
  hallOfFame: z.int().min(0).describe('How many of the best that ever lived are kept with their weights.'),
};

/** What only bounds a search, and may change while it runs, by an order. */
export const boundsSchema = z.strictObject({
  individuals: boundsFields.individuals.default(null),
  workerSeconds: boundsFields.workerSeconds.default(null),
  flops: boundsFields.flops.default(null),
  wallSeconds: boundsFields.wallSeconds.default(null),
  targetFitness: boundsFields.targetFitness.default(null),
  patience: boundsFields.patience.default(null),
  maxBytes: boundsFields.maxBytes.default(null),
  maxInodes: boundsFields.maxInodes.default(null),
  leaseSeconds: boundsFields.leaseSeconds.default(60),
  hallOfFame: boundsFields.hallOfFame.default(10),
});
export type Bounds = z.infer<typeof boundsSchema>;

/** Some of the bounds, without defaults: what is not named stays as it is. */
export const changedBoundsSchema = z.strictObject(boundsFields).partial();
export type ChangedBounds = z.infer<typeof changedBoundsSchema>;

const side = z.int().min(1);

/** What defines a search. Never changes in place. */
export const searchSchema = z.strictObject({
  seed: z
    .string()
    .min(1)
    .describe('Everything random follows from it, and from the order in which workers come.'),
  populationSize: z
    .int()
    .min(2)
    .describe('The set point: below it individuals reproduce, at or above it one is killed.'),
  mutationsPerReproduction: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('1 in the paper, 5 for a while to leave a local optimum.'),
  firstLearningRate: z
    .number()
    .positive()
    .default(0.1)
    .describe('Learning rate of individuals of the first kind.'),
  weightDecayRate: z
    .number()
    .min(0)
    .default(0.0001)
    .describe('Weight decay of individuals of the first kind.'),
  image: z.strictObject({ height: side, width: side, channels: side }).describe('The shape of one example.'),
});
export type Search = z.infer<typeof searchSchema>;

/** Who trains, where it is not the built-in trainer. */
export const evaluationSettingsSchema = z.strictObject({
  command: z
    .string()
    .min(1)
    .max(4000)
    .nullable()
    .default(null)
    .describe(
      'A program that trains individuals in place of the built-in trainer, with its arguments, as a shell reads them; null for the built-in one.',
    ),
});

/** `experiment.json`: resolved, complete, written once. What trains is the trainer's own and only passed on. */
const experimentSchema = z.strictObject({
  format: z.literal(POPULATION_FORMAT),
  createdAt: z.string(),
  version: z.string(),
  search: searchSchema,
  data: z.record(z.string(), z.unknown()),
  /** SHA-256 of the data set; a worker that reads another refuses to train. */
  dataChecksum: z.string(),
  /** The names of the classes, in the order of their labels. */
  classes: z.array(z.string()).min(2),
  training: z.record(z.string(), z.unknown()),
  /** Absent where the built-in trainer trains. */
  evaluation: evaluationSettingsSchema.optional(),
  bounds: boundsSchema,
});
export type Experiment = z.infer<typeof experimentSchema>;

/**
 * Makes the directory of an experiment. Of several at once one wins.
 * @throws PopulationError `EXPERIMENT_EXISTS`, or `UNFIT` when it cannot be written.
 */
export async function createExperiment(
  { filesystem, random }: Pick<Ground, 'filesystem' | 'random'>,
  root: string,
  experiment: Experiment,
): Promise<void> {
  for (const directory of [...ancestors(root), ...TOP_DIRECTORIES.map((name) => `${root}/${name}`)]) {
    await makeIfAbsent(filesystem, directory);
  }
  // Last: a directory without it is not yet an experiment.
  const text = formatDocument(experiment);
  if (await linkIfAbsent(filesystem, `${root}/${EXPERIMENT_FILE}`, text, random)) return;
  throw new PopulationError('EXPERIMENT_EXISTS', `${root}: there is an experiment already`);
}

/**
 * Reads what defines the experiment, and looks that its layout is whole.
 * @throws PopulationError `NO_EXPERIMENT`, `NEWER_FORMAT`, `INVALID`.
 */
export async function readExperiment(filesystem: Filesystem, root: string): Promise<Experiment> {
  const experiment = await readDefinition(filesystem, root);
  const [missing] = await missingDirectories(filesystem, root);
  if (missing === undefined) return experiment;
  throw new PopulationError(
    'NO_EXPERIMENT',
    `${root}: the directory ${missing}/ is missing: put it back from a copy; if nothing else was lost, galapagos fsck --repair makes it again, empty`,
  );
}

/**
 * Makes again, empty, those of an experiment's directories that are missing.
 * @returns Their names.
 * @throws PopulationError as {@link readExperiment} does, where this is no experiment.
 */
export async function remakeDirectories(filesystem: Filesystem, root: string): Promise<string[]> {
  await readDefinition(filesystem, root);
  const missing = await missingDirectories(filesystem, root);
  for (const directory of missing) await makeIfAbsent(filesystem, `${root}/${directory}`);
  return missing;
}

async function missingDirectories(filesystem: Filesystem, root: string): Promise<string[]> {
  const missing: string[] = [];
  for (const directory of TOP_DIRECTORIES) {
    const path = `${root}/${directory}`;
    if ((await listFixed(filesystem, path)) === undefined) missing.push(directory);
    else if ((await ifPresent(filesystem.kind(path))) === 'other') {
      const problem = 'it is a symbolic link, through which workers would write elsewhere';
      throw new PopulationError('INVALID', `${path}: ${problem}; put a directory of its own in its place`);
    }
  }
  return missing;
}

async function readDefinition(filesystem: Filesystem, root: string): Promise<Experiment> {
  const file = `${root}/${EXPERIMENT_FILE}`;
  const data =
    (await readIfPresent(filesystem, file, DOCUMENT_LIMIT)) ?? (await readIfListed(filesystem, root, file));
  if (data === undefined) throw await noExperiment(filesystem, root);
  try {
    return parseDocument(experimentSchema, data, file);
  } catch (error) {
    if (!(error instanceof PopulationError) || error.code !== 'INVALID') throw error;
    // It never changes: to try again is in vain.
    throw new PopulationError('NO_EXPERIMENT', `${error.message}; put it back from a copy`, { cause: error });
  }
}

async function noExperiment(filesystem: Filesystem, root: string): Promise<PopulationError> {
  const names = (await listFixed(filesystem, root)) ?? [];
  const isLost = ['alive', 'workers', 'history'].every((name) => names.includes(name));
  return new PopulationError(
    'NO_EXPERIMENT',
    isLost
      ? `${root}: a search whose ${EXPERIMENT_FILE} is gone: put it back from a copy`
      : `${root}: no experiment here (there is no ${EXPERIMENT_FILE}); make one with galapagos init`,
  );
}

/** It is never replaced: one that is listed, and said not to be there, cannot be read at this moment. */
async function readIfListed(
  filesystem: Filesystem,
  root: string,
  file: string,
): Promise<Uint8Array | undefined> {
  if ((await listFixed(filesystem, root))?.includes(EXPERIMENT_FILE) !== true) return undefined;
  try {
    return await filesystem.read(file, DOCUMENT_LIMIT);
  } catch (error) {
    throw unfit(file, error);
  }
}

function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/')).filter((prefix) => prefix !== '');
}

async function makeIfAbsent(filesystem: Filesystem, directory: string): Promise<void> {
  try {
    await filesystem.makeDirectory(directory);
  } catch (error) {
    // EISDIR: the root of a filesystem, on some systems.
    if (['EEXIST', 'EISDIR'].includes(errorCode(error))) return;
    // An ancestor that is there may answer that nothing can be made beside it.
    if (errorCode(error) === '' || (await ifPresent(filesystem.kind(directory))) !== 'directory')
      throw unfit(directory, error);
  }
}
