import type { Dataset } from '@galapagos/datasets';
import { firstDna } from '@galapagos/dna';
import type { Bounds, Search } from '@galapagos/population';
import { type TrainingSettings, costOf, excessOver, planNetwork } from '@galapagos/trainer';
import { bytes } from './format.js';
import { INODES, TEXT_BYTES } from './needs.js';
import { UsageError } from './usage-error.js';

/**
 * What each field may be alone, and not all together: nobody could be trained, or learn.
 * @throws UsageError that names the field and what to do.
 */
export function refuseHopeless(
  training: Pick<TrainingSettings, 'batchSize' | 'padCrop'>,
  { train, classes, height, width }: Dataset,
  source: string,
): void {
  const refuse = (problem: string): never => {
    throw new UsageError(`${source}: ${problem}`);
  };
  const fewer = 'take fewer for validation (data.validation), or more in all';
  if (train.count < classes.length)
    refuse(`data: ${train.count} examples for training cannot show ${classes.length} classes; ${fewer}`);
  if (training.batchSize > train.count)
    refuse(
      `training.batchSize: a step of ${training.batchSize} examples, and there are ${train.count} for training; lower it, or ${fewer}`,
    );
  const side = Math.min(height, width);
  if (training.padCrop >= side)
    refuse(
      `training.padCrop: ${training.padCrop} pixels would leave nothing of an image of ${side}; ${Math.max(1, Math.floor(side / 8))} is usual`,
    );
}

/** Limits that not even an individual of the first kind keeps. @throws UsageError. */
export function refuseTooCostly(
  { firstLearningRate, weightDecayRate }: Pick<Search, 'firstLearningRate' | 'weightDecayRate'>,
  training: TrainingSettings,
  dataset: Dataset,
  source: string,
): void {
  const dna = firstDna({ learningRate: firstLearningRate, weightDecayRate });
  const plan = planNetwork(dna, dataset, dataset.classes.length);
  const excess = excessOver(costOf(plan, training.batchSize), training);
  if (excess === undefined) return;
  throw new UsageError(`${source}: even the first individual has ${excess}; raise it`);
}

/** Bounds of the disk under which the population would never be at its set point. @throws UsageError. */
export function refuseTightBounds(
  { maxBytes, maxInodes }: Pick<Bounds, 'maxBytes' | 'maxInodes'>,
  { populationSize }: Pick<Search, 'populationSize'>,
  source: string,
): void {
  const refuse = (bound: string, least: string): never => {
    throw new UsageError(
      `${source}: bounds.${bound}: a population of ${populationSize} takes ${least} at the very least; raise it, or take a smaller population`,
    );
  };
  const least = { bytes: populationSize * TEXT_BYTES, inodes: populationSize * INODES };
  if (maxInodes !== null && maxInodes < least.inodes) refuse('maxInodes', `${least.inodes} inodes`);
  if (maxBytes !== null && maxBytes < least.bytes) refuse('maxBytes', bytes(least.bytes));
}
