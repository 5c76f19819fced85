import { type Experiment, nodeFilesystem } from '@galapagos/population';
import { trainingSchema } from '@galapagos/trainer';
import type { Created } from './create.js';
import { individualCost, speedOf } from './costs.js';
import { BASE_BYTES, bytesOf } from './derive-limits.js';
import { bytes, count, duration, scaled } from './format.js';

/** Inodes of one individual: its folder and its tenure's, DNA, birth, inherited, attempt, curve, weights, evaluation. */
export const INODES = 9;
/** Bytes of all of them but the weights, in blocks of 4 kB. */
export const TEXT_BYTES = 7 * 4096;
const YEAR = 365 * 86_400;

/** How long a search is to be: so many births, or as many operations as the paper's. */
export type Length = { readonly individuals: number } | { readonly flops: number };

/** What a search will cost on this machine and need of it, as lines of text. */
export async function describeNeeds(
  directory: string,
  { experiment, dataset, limits, measure }: Created,
  workers: number,
  length: Length,
): Promise<string[]> {
  const training = trainingSchema.parse(experiment.training);
  const costs = await measure();
  const first = individualCost(costs.first, training, dataset.validation.count);
  const grown = individualCost(costs.grown, training, dataset.validation.count);
  const { parameters, memoryBytes } = costs.grown.cost;
  const memory = BASE_BYTES + bytesOf(dataset) + (memoryBytes * training.batchSize) / costs.grown.batchSize;
  return [
    `An individual of the first kind trains for ${duration(first.seconds)}, ${scaled(first.flops)}FLOP; one of six convolutions for ${duration(grown.seconds)}, ${scaled(grown.flops)}FLOP`,
    `  (on one core of this machine, if nobody else uses it; ${scaled(speedOf(costs.grown))}FLOP/s by ${costs.first.backend}, as just measured).`,
    ...describeLength(length, { first, grown, speed: speedOf(costs.grown) }, workers),
    `Memory per worker: about ${bytes(memory)}, at most ${bytes(BASE_BYTES + bytesOf(dataset) + 2 * training.limits.memoryBytes)}.`,
    ...(await describeDisk(directory, experiment, parameters, training.limits.parameters)),
    'An individual beyond one of these limits is buried (training.limits; written down, and kept wherever it is trained):',
    ...limits.map((line) => `  ${line}`),
  ];
}

function describeLength(
  length: Length,
  costs: Readonly<Record<'first' | 'grown', { readonly seconds: number }>> & { readonly speed: number },
  workers: number,
): string[] {
  const by = workers === 1 ? '1 worker' : `${workers} workers`;
  if ('flops' in length) {
    const years = scaled(length.flops / costs.speed / workers / YEAR).trimEnd();
    return [
      `A search as long as the paper's (9e19 FLOPs; five of them were 4e20): ${years} years with ${by} like this. Take a cluster.`,
    ];
  }
  const { individuals } = length;
  const [from, to] = [costs.first, costs.grown].map(({ seconds }) => (seconds * individuals) / workers);
  return [
    `A search of ${individuals} individuals with ${by}: ${duration(from ?? 0)} if they stayed small, ${duration(to ?? 0)} if all had grown so.`,
  ];
}

async function describeDisk(
  directory: string,
  { search, bounds }: Experiment,
  parameters: number,
  mostParameters: number,
): Promise<string[]> {
  // Weights of the living, as much again for checkpoints of those in training, and the hall of fame.
  const copies = search.populationSize * 1.5 + bounds.hallOfFame;
  const need: DiskNeed = {
    bytes: copies * (TEXT_BYTES + 4 * parameters),
    mostBytes: copies * (TEXT_BYTES + 4 * mostParameters),
    inodes: Math.ceil(copies * INODES),
  };
  const space = await nodeFilesystem.space(directory);
  const free = `${bytes(space.bytes)}${space.inodes === Infinity ? '' : ` and ${count(space.inodes, 'inodes')}`}`;
  return [
    `Disk: about ${bytes(need.bytes)} and ${need.inodes} inodes at the set point of ${search.populationSize}, ${bytes(need.mostBytes)} if all had ${count(mostParameters, 'parameters')}; free are ${free}.`,
    ...warnOfBounds(need, bounds),
    ...warnOfDisk(need, space),
  ];
}

/** The same where the experiment may not take what there is. */
function warnOfBounds(need: DiskNeed, { maxBytes, maxInodes }: Experiment['bounds']): string[] {
  const isTight = need.bytes > (maxBytes ?? Infinity) || need.inodes > (maxInodes ?? Infinity);
  return isTight
    ? [
        '  More than bounds.maxBytes or bounds.maxInodes: births will stop there. Raise it, or take a smaller search.',
      ]
    : [];
}

export interface DiskNeed {
  readonly bytes: number;
  /** If all had as many parameters as an individual may have. */
  readonly mostBytes: number;
  readonly inodes: number;
}

/** What to do where the disk will be too small; nothing where it will do. */
export function warnOfDisk(
  need: DiskNeed,
  free: { readonly bytes: number; readonly inodes: number },
): string[] {
  const smaller = 'a smaller search.populationSize or bounds.hallOfFame';
  if (need.inodes > free.inodes)
    return [`  Too few inodes: births will stop until there are more. Make room, or take ${smaller}.`];
  if (need.bytes > free.bytes)
    return [`  Too small: births will stop until there is more room. Make room, or take ${smaller}.`];
  if (need.mostBytes > free.bytes)
    return [
      '  Too small if they grow so far: births would stop then. A lower training.limits.parameters bounds it.',
    ];
  return [];
}
