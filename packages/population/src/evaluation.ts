import { type Evaluation, evaluationSchema, readIfValid } from './documents.js';
import { ifPresent } from './filesystem-errors.js';
import { hashIfPresent, isFile, linkOrCopy } from './files.js';
import { EVALUATION_FILE, type Entry, type TrainingEntry, WEIGHTS_FILE } from './layout.js';
import type { Population } from './population.js';
import { syncTenure, tenureFolder } from './tenure.js';

/**
 * Links the result of an earlier tenure, whose owner did not come to publish it, into our own folder: the weights,
 * looked at there, and then the evaluation that promises them.
 * @returns Undefined where no tenure came to a result that is whole.
 */
export async function takeEvaluation(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<Evaluation | undefined> {
  const { filesystem } = population;
  const to = tenureFolder(population, entry);
  for (const tenure of tenures.toReversed()) {
    const from = tenureFolder(population, entry, tenure);
    const evaluation = await readEvaluation(population, { ...entry, tenure }, from);
    if (evaluation === undefined) continue;
    if (evaluation.weights !== null) {
      if (!(await isFile(filesystem, `${from}/${WEIGHTS_FILE}`))) continue;
      await ifPresent(linkOrCopy(filesystem, `${from}/${WEIGHTS_FILE}`, `${to}/${WEIGHTS_FILE}`));
      if (!(await hasWeights(population, to, evaluation.weights))) {
        // Ours is written anew, and must not be another name of what its old owner may still write.
        await ifPresent(filesystem.unlink(`${to}/${WEIGHTS_FILE}`));
        continue;
      }
    }
    await linkOrCopy(filesystem, `${from}/${EVALUATION_FILE}`, `${to}/${EVALUATION_FILE}`);
    // Its old owner may not have come to that either.
    await syncTenure(population, entry, resultFiles(evaluation));
    return evaluation;
  }
  return undefined;
}

/** The files that an evaluation consists of. */
export function resultFiles({ weights }: Pick<Evaluation, 'weights'>): string[] {
  return weights === null ? [EVALUATION_FILE] : [WEIGHTS_FILE, EVALUATION_FILE];
}

/** The evaluation in the folder of an entry's tenure, if it is whole and the weights that it names lie beside it. */
export async function readValidEvaluation(
  population: Population,
  entry: Entry,
  folder: string,
): Promise<Evaluation | undefined> {
  const evaluation = await readEvaluation(population, entry, folder);
  if (evaluation === undefined || evaluation.weights === null) return evaluation;
  return (await hasWeights(population, folder, evaluation.weights)) ? evaluation : undefined;
}

/** Cut short by a crash, or not of this individual and this tenure or one before it, it is none. */
export async function readEvaluation(
  { filesystem }: Population,
  { id, tenure }: Entry,
  folder: string,
): Promise<Evaluation | undefined> {
  const evaluation = await readIfValid(filesystem, evaluationSchema, `${folder}/${EVALUATION_FILE}`);
  return evaluation?.id === id && evaluation.tenure <= tenure ? evaluation : undefined;
}

async function hasWeights({ filesystem }: Population, folder: string, hash: string): Promise<boolean> {
  return (await hashIfPresent(filesystem, `${folder}/${WEIGHTS_FILE}`)) === hash;
}
