import { copyFile, mkdir } from 'node:fs/promises';
import { formatDna, inheritsWeights, seedOf } from '@galapagos/dna';
import {
  DNA_FILE,
  type Evaluation,
  INHERITED_FILE,
  type Individual,
  type Population,
  PopulationError,
  WEIGHTS_FILE,
  findIndividual,
} from '@galapagos/population';
import type { EvaluationControl, TrainerProcess } from '@galapagos/trainer';

/** What a training came to. */
type TrainingEnd = Pick<Evaluation, 'fitness' | 'steps' | 'weights' | 'backend'>;

/** A training that was repeated, beside what the directory says of it. */
export interface Rerun {
  readonly id: string;
  readonly recorded: TrainingEnd;
  readonly again: TrainingEnd;
  /** The same fitness, and the same weights to the last bit. */
  readonly isSame: boolean;
  readonly seconds: number;
}

/** An individual that was evaluated. */
export type Evaluated = Individual & { readonly evaluation: Evaluation };

/**
 * Whose trainings have to be repeated to repeat that of an individual: itself, last, and before it those ancestors
 * whose weights it needs and which are gone.
 * @throws PopulationError when one of them was never evaluated, or its record is missing.
 */
export async function trainingsToRepeat(
  population: Population,
  individual: Individual,
): Promise<Evaluated[]> {
  const line = [evaluated(population, individual)];
  for (let next = await parentToRepeat(population, individual); next !== undefined;) {
    line.unshift(next);
    next = await parentToRepeat(population, next);
  }
  return line;
}

/** The parent, where the weights that were inherited from it are nowhere to be read. */
async function parentToRepeat(population: Population, child: Individual): Promise<Evaluated | undefined> {
  if (child.folder !== undefined) return undefined;
  const parent = await parentOf(population, child);
  return parent === undefined || parent.folder !== undefined ? undefined : parent;
}

/** The parent whose weights a child inherited; undefined where it inherited none. */
async function parentOf(population: Population, { id, birth }: Individual): Promise<Evaluated | undefined> {
  if (birth.parent === null || !inheritsWeights(birth.mutations)) return undefined;
  const parent = await findIndividual(population, birth.parent.id);
  if (parent === undefined) {
    throw new PopulationError(
      'INVALID',
      `${population.root}: ${id} inherited the weights of ${birth.parent.id}, of whom there is no record`,
    );
  }
  const { evaluation, ...rest } = evaluated(population, parent);
  // A parent whose loss was no longer a number left no weights.
  return evaluation.weights === null ? undefined : { ...rest, evaluation };
}

function evaluated({ root }: Population, individual: Individual): Evaluated {
  const { evaluation } = individual;
  if (evaluation !== undefined) return { ...individual, evaluation };
  throw new PopulationError(
    'INVALID',
    `${root}: ${individual.id} has no fitness to repeat: ${individual.failure === undefined ? 'it is still in training' : `it was buried, ${individual.failure.reason}`}`,
  );
}

/**
 * Trains an individual once more, from its DNA, its seed and the weights that it inherited.
 * @param workshop A directory in which each individual of one call of `trainingsToRepeat` gets a folder.
 * @returns Undefined when it was told to end.
 * @throws PopulationError when its weights cannot be read, or it fails now.
 */
export async function rerun(
  population: Population,
  individual: Evaluated,
  workshop: string,
  trainer: Pick<TrainerProcess, 'evaluate'>,
  control: EvaluationControl,
): Promise<Rerun | undefined> {
  const { id, evaluation } = individual;
  const folder = `${workshop}/${id}`;
  const output = `${folder}/again`;
  await mkdir(output, { recursive: true });
  await population.filesystem.write(`${folder}/${DNA_FILE}`, formatDna(individual.dna), { sync: false });
  const inherited = await inheritedFile(population, individual, workshop);
  if (inherited !== undefined) await copyFile(inherited, `${folder}/${INHERITED_FILE}`);
  const { attempt } = evaluation;
  const seed = seedOf(population.experiment.search.seed, id, attempt);
  const request = { id, individual: folder, output, attempt, seed, resume: undefined };
  const outcome = await trainer.evaluate(request, control);
  switch (outcome.kind) {
    case 'handed-back':
    case 'taken-away':
      return undefined;
    case 'failed':
      throw new PopulationError(
        'INVALID',
        `${id}: evaluated once, it fails now: ${outcome.failure.class}, ${outcome.failure.reason}`,
      );
    case 'evaluated': {
      const recorded = endOf(evaluation);
      const again = endOf(outcome.result);
      const isSame = recorded.fitness === again.fitness && recorded.weights === again.weights;
      return { id, recorded, again, isSame, seconds: outcome.seconds };
    }
  }
}

/** The file of the weights that it began with: its own, else those of its parent, as they are or as trained again. */
async function inheritedFile(
  population: Population,
  individual: Individual,
  workshop: string,
): Promise<string | undefined> {
  const { folder } = individual;
  if (folder !== undefined) {
    const names = await population.filesystem.list(folder);
    return names.includes(INHERITED_FILE) ? `${folder}/${INHERITED_FILE}` : undefined;
  }
  const parent = await parentOf(population, individual);
  if (parent === undefined) return undefined;
  return parent.folder === undefined
    ? `${workshop}/${parent.id}/again/${WEIGHTS_FILE}`
    : `${parent.folder}/${parent.tenure}/${WEIGHTS_FILE}`;
}

function endOf({ fitness, steps, weights, backend }: TrainingEnd): TrainingEnd {
  return { fitness, steps, weights, backend };
}
