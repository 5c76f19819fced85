import {
  type Checkpoint,
  checkpointName,
  findCheckpoints,
  furthestFirst,
  readCheckpoint,
  sha256,
} from './checkpoints.js';
import { type Evaluation, evaluationSchema, parseIfValid } from './documents.js';
import { ifPresent, linkOrCopy } from './filesystem.js';
import { EVALUATION_FILE, HANDED_BACK_FILE, type TrainingEntry, WEIGHTS_FILE, pathOf } from './layout.js';
import type { Membership } from './membership.js';
import type { Population } from './population.js';
import { beginTenure, readAttempt, tenureFolder } from './tenure.js';

/** How an adopted individual goes on. */
export type Continuation =
  /** Its training had ended; it only waits to be published. */
  | { readonly kind: 'evaluated'; readonly evaluation: Evaluation }
  /** From the checkpoint that now lies in our own folder too. */
  | { readonly kind: 'resume'; readonly checkpoint: Checkpoint }
  /** From scratch; the attempt is one more than any before. */
  | { readonly kind: 'scratch'; readonly attempt: number }
  /** It killed its workers too often. */
  | { readonly kind: 'killer'; readonly tenures: number };

export interface Adoption {
  readonly entry: TrainingEntry;
  readonly continuation: Continuation;
}

/** Consecutive tenures that ended, not on purpose, without a later step than any before. */
const KILLER_TENURES = 3;

/**
 * Takes over an individual in training whose owner is gone, or that is ours without our knowing. What it is
 * continued from is linked into our own folder before it is used: its old owner may still live, and clean up.
 * @returns Undefined when another adopted it.
 */
export async function adopt(me: Membership, orphan: TrainingEntry): Promise<Adoption | undefined> {
  const { population } = me;
  const entry: TrainingEntry = { ...orphan, tenure: orphan.tenure + 1, worker: me.name };
  if (!(await population.move(pathOf(orphan), pathOf(entry)))) return undefined;
  if (!(await beginTenure(population, entry))) return undefined;
  const tenures = Array.from({ length: orphan.tenure }, (_, index) => index + 1);
  const continuation =
    (await takeEvaluation(population, entry, tenures)) ??
    (await countKilled(population, entry, tenures)) ??
    (await takeCheckpoint(population, entry, tenures)) ??
    (await scratch(population, entry, tenures));
  return { entry, continuation };
}

async function takeEvaluation(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<Continuation | undefined> {
  for (const tenure of tenures.toReversed()) {
    const from = tenureFolder(population, entry, tenure);
    const evaluation = await readValidEvaluation(population, from);
    if (evaluation === undefined) continue;
    const to = tenureFolder(population, entry);
    // Weights first: an evaluation promises them.
    if (evaluation.weights !== null) {
      await linkOrCopy(population.filesystem, `${from}/${WEIGHTS_FILE}`, `${to}/${WEIGHTS_FILE}`);
    }
    await linkOrCopy(population.filesystem, `${from}/${EVALUATION_FILE}`, `${to}/${EVALUATION_FILE}`);
    return { kind: 'evaluated', evaluation };
  }
  return undefined;
}

/** The evaluation in a folder, if it is whole and the weights that it names lie beside it. */
export async function readValidEvaluation(
  population: Population,
  folder: string,
): Promise<Evaluation | undefined> {
  const file = `${folder}/${EVALUATION_FILE}`;
  const data = await ifPresent(population.filesystem.read(file, 1e6));
  if (data === undefined) return undefined;
  // Cut short by a crash it is not valid, and the training is done again.
  const evaluation = parseIfValid(evaluationSchema, data, file);
  if (evaluation === undefined) return undefined;
  if (evaluation.weights === null) return evaluation;
  const weights = await ifPresent(population.filesystem.read(`${folder}/${WEIGHTS_FILE}`));
  return weights !== undefined && sha256(weights) === evaluation.weights ? evaluation : undefined;
}

async function countKilled(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<Continuation | undefined> {
  let furthest = 0;
  let killed = 0;
  for (const tenure of tenures) {
    const folder = tenureFolder(population, entry, tenure);
    const step = Math.max(
      0,
      ...(await findCheckpoints(population.filesystem, folder)).map(({ step }) => step),
    );
    const handedBack = ((await ifPresent(population.filesystem.list(folder))) ?? []).includes(
      HANDED_BACK_FILE,
    );
    if (step > furthest) killed = 0;
    else if (!handedBack) killed++;
    furthest = Math.max(furthest, step);
  }
  return killed >= KILLER_TENURES ? { kind: 'killer', tenures: killed } : undefined;
}

async function takeCheckpoint(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<Continuation | undefined> {
  const { filesystem } = population;
  const found: { folder: string; checkpoint: Checkpoint }[] = [];
  for (const tenure of tenures) {
    const folder = tenureFolder(population, entry, tenure);
    for (const checkpoint of await findCheckpoints(filesystem, folder)) found.push({ folder, checkpoint });
  }
  found.sort((a, b) => furthestFirst(a.checkpoint, b.checkpoint));
  const own = tenureFolder(population, entry);
  for (const { folder, checkpoint } of found) {
    const name = checkpointName(checkpoint);
    const linked = await ifPresent(
      linkOrCopy(filesystem, `${folder}/${name}`, `${own}/${name}`).then(() => true),
    );
    if (linked !== true) continue;
    if ((await readCheckpoint(filesystem, own, checkpoint)) !== undefined)
      return { kind: 'resume', checkpoint };
    await ifPresent(filesystem.unlink(`${own}/${name}`));
  }
  return undefined;
}

async function scratch(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<Continuation> {
  let attempts = 0;
  for (const tenure of tenures) {
    const begun = await readAttempt(population, tenureFolder(population, entry, tenure));
    attempts = Math.max(attempts, begun?.attempt ?? 0);
  }
  return { kind: 'scratch', attempt: attempts + 1 };
}
