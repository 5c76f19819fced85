import { type Evaluation, formatDocument } from './documents.js';
import { isMissing, unfit } from './filesystem-errors.js';
import { removeOwnCheckpoints } from './checkpoints.js';
import { EVALUATION_FILE, type TrainingEntry, pathOf } from './layout.js';
import { resultFiles } from './evaluation.js';
import type { Population } from './population.js';
import { syncTenure, tenureFolder } from './tenure.js';

/**
 * Writes down the result of a training, and has it on disk with its weights, which lie in the tenure's folder by now,
 * before the individual is published. What a power cut makes of it meanwhile is no evaluation: cut short it is no JSON,
 * and it holds the hash of the weights.
 * @returns False when the individual is no longer ours.
 */
export async function writeEvaluation(
  population: Population,
  entry: TrainingEntry,
  evaluation: Evaluation,
): Promise<boolean> {
  const folder = tenureFolder(population, entry);
  try {
    const aside = `${folder}/${EVALUATION_FILE}.new`;
    await population.filesystem.write(aside, formatDocument(evaluation));
    await population.filesystem.rename(aside, `${folder}/${EVALUATION_FILE}`);
    await syncTenure(population, entry, resultFiles(evaluation));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unfit(folder, error);
  }
}

/**
 * Lets an evaluated individual live. Its folder says all that is needed, so a crash just before leaves an orphan
 * that its adopter only publishes. A late owner, whose child was adopted, finds no source: that is the fence.
 * @returns Whether it was us.
 */
export async function publish(
  population: Population,
  entry: TrainingEntry,
  fitness: number,
): Promise<boolean> {
  if (!(fitness >= 0 && fitness <= 1)) throw new RangeError(`a fitness is from 0 to 1, not ${fitness}`);
  await removeOwnCheckpoints(population, entry);
  const alive = pathOf({ state: 'alive', fitness, id: entry.id, tenure: entry.tenure });
  return await population.move(pathOf(entry), alive);
}
