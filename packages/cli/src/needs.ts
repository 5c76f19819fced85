import type { Dataset } from '@galapagos/datasets';
import { SeededRandom, firstDna, mutate } from '@galapagos/dna';
import { type Experiment, nodeFilesystem } from '@galapagos/population';
import { type NetworkCost, costOf, planNetwork, trainingSchema } from '@galapagos/trainer';
import { bytes, count } from './format.js';

/** Inodes of one individual: its folder and its tenure's, DNA, birth, inherited, attempt, curve, weights, evaluation. */
const INODES = 9;
/** Bytes of all of them but the weights, in blocks of 4 kB. */
const TEXT_BYTES = 7 * 4096;
/** Resident memory of a worker and its trainer, before there are examples or a network. */
const BASE_BYTES = 170e6;
/** How far a search is imagined to have come. */
const MUTATIONS = 60;

/** What a run will need at its set point, as lines of text: estimates from networks after many random mutations. */
export async function describeNeeds(
  directory: string,
  experiment: Experiment,
  dataset: Dataset,
): Promise<string[]> {
  const { populationSize, image } = experiment.search;
  const { batchSize, limits } = trainingSchema.parse(experiment.training);
  const costs = imaginedCosts(experiment, dataset, batchSize);
  const parameters = median(costs.map((cost) => cost.parameters));
  // Weights of the living, as much again for checkpoints of those in training, and the hall of fame.
  const copies = populationSize * 1.5 + experiment.bounds.hallOfFame;
  const disk = copies * (TEXT_BYTES + 4 * parameters);
  const most = copies * (TEXT_BYTES + 4 * limits.parameters);
  const examples =
    (dataset.train.count + dataset.validation.count) * image.height * image.width * image.channels;
  const memory = BASE_BYTES + examples + median(costs.map((cost) => cost.memoryBytes));
  const space = await nodeFilesystem.space(directory);
  return [
    `At the set point of ${populationSize} it needs about ${bytes(disk)} and ${Math.ceil(copies * INODES)} inodes; free are ${bytes(space.bytes)}${space.inodes === Infinity ? '' : ` and ${count(space.inodes, 'inodes')}`}.`,
    `Networks grow as the search goes on: at the limit of ${count(limits.parameters, 'parameters')} it would be ${bytes(most)}.`,
    `Memory per worker: about ${bytes(memory)}, at most ${bytes(BASE_BYTES + examples + limits.memoryBytes)}; workers: up to ${Math.max(1, Math.floor(populationSize / 4))}, at most ${Math.max(1, Math.floor(populationSize / 2))}.`,
  ];
}

function imaginedCosts(experiment: Experiment, dataset: Dataset, batchSize: number): NetworkCost[] {
  const { image } = experiment.search;
  return Array.from({ length: 15 }, (_, sample) => {
    const { dna } = mutate(firstDna(), new SeededRandom(`needs ${sample}`), { count: MUTATIONS, image });
    return costOf(planNetwork(dna, image, dataset.classes.length), batchSize);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
