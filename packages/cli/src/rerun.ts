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
  isMissing,
} from '@galapagos/population';
import { COMMAND, type EvaluationControl, type TrainerProcess } from '@galapagos/trainer';

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

/** A training that is to be repeated, prepared in a folder of its own. */
export interface Repetition {
  readonly id: string;
  readonly evaluation: Evaluation;
  readonly folder: string;
  /** The ancestor that has to be trained again first, as it inherited that one's weights, which are gone. */
  readonly heirOf: string | undefined;
}

/** Looks at an individual that moves while it is copied; more than a few times in a row it does not. */
const LOOKS = 5;
/** Where a repetition writes, below its folder. */
const OUTPUT = 'again';

/**
 * Prepares all trainings that have to be repeated to repeat that of an individual: itself, last, and before it those
 * ancestors whose weights it needs and which are gone. From then on nothing is read from the population, whose
 * workers go on.
 * @param workshop A directory in which each gets a folder.
 * @throws PopulationError when one of them was never evaluated, or its record is missing.
 */
export async function prepareReruns(
  population: Population,
  id: string,
  workshop: string,
): Promise<Repetition[]> {
  const line: Repetition[] = [];
  for (let next: string | undefined = id; next !== undefined; next = line[0]?.heirOf)
    line.unshift(await prepare(population, next, workshop));
  return line;
}

async function prepare(population: Population, id: string, workshop: string): Promise<Repetition> {
  const folder = `${workshop}/${id}`;
  await mkdir(`${folder}/${OUTPUT}`, { recursive: true });
  for (let look = 1; ; look++) {
    const individual = await find(population, id);
    try {
      await population.filesystem.write(`${folder}/${DNA_FILE}`, formatDna(individual.dna));
      const heirOf = await bequeath(population, individual, `${folder}/${INHERITED_FILE}`);
      return { id, evaluation: evaluationOf(population, individual), folder, heirOf };
    } catch (error) {
      if (!isMissing(error) || look === LOOKS) throw error;
    }
  }
}

/**
 * Copies the weights that an individual began with, its own copy or those of its parent.
 * @returns The parent, where it has to be trained again for them.
 */
async function bequeath(
  population: Population,
  { id, birth, folder }: Individual,
  file: string,
): Promise<string | undefined> {
  if (birth.parent === null || !inheritsWeights(birth.mutations)) return undefined;
  if (folder !== undefined) {
    const names = await population.filesystem.list(folder);
    // A parent whose loss was no longer a number left no weights.
    if (names.includes(INHERITED_FILE)) await copyFile(`${folder}/${INHERITED_FILE}`, file);
    return undefined;
  }
  const parent = await find(population, birth.parent.id, `${id} inherited its weights`);
  if (evaluationOf(population, parent).weights === null) return undefined;
  if (parent.folder === undefined) return parent.id;
  await copyFile(`${parent.folder}/${parent.tenure}/${WEIGHTS_FILE}`, file);
  return undefined;
}

async function find(population: Population, id: string, why = ''): Promise<Individual> {
  const individual = await findIndividual(population, id);
  if (individual !== undefined) return individual;
  const reason = why === '' ? '' : `; ${why}`;
  throw new PopulationError('INVALID', `${population.root}: there is no record of ${id}${reason}`);
}

function evaluationOf({ root }: Population, { id, evaluation, failure }: Individual): Evaluation {
  if (evaluation !== undefined) {
    if (evaluation.backend !== COMMAND) return evaluation;
    const why = `it was trained by a program of yours (${evaluation.backendDetail}), which alone could repeat it`;
    throw new PopulationError('INVALID', `${root}: ${id}: ${why}`);
  }
  const why = failure === undefined ? 'it is still in training' : `it was buried, ${failure.reason}`;
  throw new PopulationError('INVALID', `${root}: ${id} has no fitness to repeat: ${why}`);
}

/**
 * Trains an individual once more, from its DNA, its seed and the weights that it inherited.
 * @param searchSeed The seed of the search.
 * @param parent What was repeated before it, where it is the heir of that.
 * @returns Undefined when it was told to end.
 * @throws PopulationError when it fails now.
 */
export async function rerun(
  { id, evaluation, folder, heirOf }: Repetition,
  searchSeed: string,
  parent: Repetition | undefined,
  trainer: Pick<TrainerProcess, 'evaluate'>,
  control: EvaluationControl,
): Promise<Rerun | undefined> {
  if (heirOf !== undefined && parent !== undefined)
    await copyFile(`${parent.folder}/${OUTPUT}/${WEIGHTS_FILE}`, `${folder}/${INHERITED_FILE}`);
  const { attempt } = evaluation;
  const seed = seedOf(searchSeed, id, attempt);
  const request = { id, individual: folder, output: `${folder}/${OUTPUT}`, attempt, seed, resume: undefined };
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

function endOf({ fitness, steps, weights, backend }: TrainingEnd): TrainingEnd {
  return { fitness, steps, weights, backend };
}
