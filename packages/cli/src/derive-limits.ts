import type { Dataset } from '@galapagos/datasets';
import { type StepMeasurement, type TrainingSettings, limitsSchema } from '@galapagos/trainer';
import type { Configuration } from './configuration.js';
import { type Costs, individualCost, speedOf } from './costs.js';
import { bytes, count, duration, scaled } from './format.js';
import { type Machine, WORKERS_SHARE, workersThatFit } from './machine.js';

type Limits = TrainingSettings['limits'];

/** What one individual may cost, and why: one line for each limit. */
export interface StatedLimits {
  readonly limits: Limits;
  readonly reasons: readonly string[];
}

/** Resident memory of a worker and its trainer, before there are examples or a network. */
export const BASE_BYTES = 170e6;
/** What is used may be up to twice what is estimated. */
const ESTIMATE_ERROR = 2;
/** The back end that is always there addresses 4 GB; a step that needs more would fail. */
const MOST_MEMORY = 4e9;
const LEAST_MEMORY = 100e6;
const DAY = 86_400;
const TEN_MINUTES = 600;
const { parameters: MOST_PARAMETERS, flopsPerExample: MOST_FLOPS } = limitsSchema.parse({});
const CONFIGURED = 'as configured';

/**
 * Fills in the limits that were left open. They are rounded, since a measurement never repeats itself, and written
 * down once: from then on they belong to the definition of the search.
 */
export async function deriveLimits(
  { search, training }: Pick<Configuration, 'search' | 'training'>,
  dataset: Dataset,
  machine: Machine,
  measure: () => Promise<Costs>,
): Promise<StatedLimits> {
  const { limits: given } = training;
  const workers = workersThatFit(machine, search.populationSize);
  const reasons: string[] = [];
  const state = (stated: string, why: string) => reasons.push(`${stated}: ${why}`);
  const { parameters } = given;
  state(count(parameters, 'parameters'), parameters === MOST_PARAMETERS ? 'the default' : CONFIGURED);

  const memory = memoryShare(machine, workers, dataset);
  const memoryBytes = given.memoryBytes ?? memory.bytes;
  state(`${bytes(memoryBytes)} of memory`, given.memoryBytes === undefined ? memory.why : CONFIGURED);

  const isOpen = given.seconds === undefined || given.flopsPerExample === undefined;
  const grown = isOpen ? (await measure()).grown : undefined;
  const patience = longest(search.populationSize, workers, 4 * secondsOf(grown, training, dataset));
  const seconds = given.seconds ?? patience.seconds;
  state(`${duration(seconds)} of training`, given.seconds === undefined ? patience.why : CONFIGURED);

  const speed = grown === undefined ? 0 : speedOf(grown);
  const possible = (speed * seconds) / 2 / (training.steps * training.batchSize);
  const flopsPerExample = given.flopsPerExample ?? Math.min(MOST_FLOPS, oneDigit(possible));
  const how = `at ${scaled(speed)}FLOP/s, as measured, all steps fit into half of that time`;
  state(`${scaled(flopsPerExample)}FLOP per example`, given.flopsPerExample === undefined ? how : CONFIGURED);
  return { limits: { parameters, flopsPerExample, memoryBytes, seconds }, reasons };
}

interface Reasoned {
  readonly why: string;
}

/** What a worker may take of the memory, in estimates, which may be twice too low. */
function memoryShare(machine: Machine, workers: number, dataset: Dataset): Reasoned & { bytes: number } {
  const share = (WORKERS_SHARE * machine.memoryBytes) / workers - BASE_BYTES - bytesOf(dataset);
  const value = Math.min(MOST_MEMORY, Math.max(LEAST_MEMORY, share / ESTIMATE_ERROR));
  const most = value === MOST_MEMORY ? ', and no more than one process can address' : '';
  const why = `${bytes(machine.memoryBytes)} of this machine for ${countWorkers(workers)}, at twice the estimate${most}`;
  return { bytes: Math.floor(value / 1e8) * 1e8, why };
}

/** How long one individual may keep a worker: never less than a network of a fair size needs. */
function longest(populationSize: number, workers: number, needed: number): Reasoned & { seconds: number } {
  const turnover = Math.min(DAY, Math.max(TEN_MINUTES, (DAY * workers) / populationSize));
  if (turnover < needed) {
    const why = 'four times what a network of six convolutions takes here';
    return { seconds: TEN_MINUTES * Math.ceil(needed / TEN_MINUTES), why };
  }
  const why = `so ${countWorkers(workers)} can replace a population of ${populationSize} within a day, whatever it grows to`;
  return { seconds: Math.floor(turnover), why };
}

function secondsOf(
  grown: StepMeasurement | undefined,
  training: Configuration['training'],
  dataset: Dataset,
): number {
  return grown === undefined ? 0 : individualCost(grown, training, dataset.validation.count).seconds;
}

function countWorkers(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}

/** Bytes of the examples that a trainer holds. */
export function bytesOf({ train, validation, test, height, width, channels, file }: Dataset): number {
  // What is read from a packed file is the host's, in its page cache.
  if (file !== undefined) return 0;
  return (train.count + validation.count + test.count) * height * width * channels;
}

/** Rounded down to one digit. */
function oneDigit(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.floor(value / unit) * unit;
}
