import {
  type Checkpoint,
  checkpointName,
  findCheckpoints,
  furthestFirst,
  readCheckpoint,
} from './checkpoints.js';
import type { Evaluation } from './documents.js';
import { PopulationError } from './errors.js';
import { takeEvaluation } from './evaluation.js';
import { ifPresent, isMissing, unfit } from './filesystem-errors.js';
import { isFile, linkOrCopy } from './files.js';
import { problemsOf } from './fsck-individuals.js';
import { largest } from './largest.js';
import { ATTEMPT_FILE, HANDED_BACK_FILE, LAST_TENURE, type TrainingEntry, pathOf } from './layout.js';
import type { Membership } from './membership.js';
import type { Population } from './population.js';
import { setAside } from './set-aside.js';
import { beginTenure, readAttempt, syncTenure, tenureFolder, tenuresUpTo } from './tenure.js';

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

/** Consecutive tenures that began to train and ended, not on purpose, without a later step than any before. */
const KILLER_TENURES = 3;

/**
 * Takes over an individual in training whose owner is gone, or that is ours without our knowing. What it is
 * continued from is linked into our own folder before it is used: its old owner may still live, and clean up.
 * @returns Undefined when another adopted it.
 */
export async function adopt(me: Membership, orphan: TrainingEntry): Promise<Adoption | undefined> {
  const { population } = me;
  const entry: TrainingEntry = { ...orphan, tenure: orphan.tenure + 1, worker: me.name };
  const problem = await problemOf(population, orphan);
  if (problem !== undefined) {
    // Nobody could ever train it, and it would be counted for ever.
    await setAside(population, pathOf(orphan), problem);
    return undefined;
  }
  if (!(await population.move(pathOf(orphan), pathOf(entry)))) return undefined;
  if (!(await beginTenure(population, entry))) return undefined;
  try {
    const tenures = await tenuresUpTo(population, population.path(pathOf(entry)), orphan.tenure);
    return { entry, continuation: await continuationOf(population, entry, tenures) };
  } catch (error) {
    // Another took us for gone, and took it over.
    if (isMissing(error)) return undefined;
    if (error instanceof PopulationError && error.code === 'INVALID') {
      await setAside(population, pathOf(entry), error.message);
      return undefined;
    }
    throw unfit(population.path(pathOf(entry)), error);
  }
}

/** Why nobody can bring it up: a link, a file, a folder without a DNA. What cannot be read now may be whole. */
async function problemOf(population: Population, orphan: TrainingEntry): Promise<string | undefined> {
  if (orphan.tenure >= LAST_TENURE) return `no tenure comes after ${orphan.tenure}`;
  const problems = await problemsOf(population, orphan);
  return problems.find(({ cause }) => cause === 'spoilt')?.problem;
}

async function continuationOf(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<Continuation> {
  const evaluation = await takeEvaluation(population, entry, tenures);
  if (evaluation !== undefined) return { kind: 'evaluated', evaluation };
  const killed = await countKilled(population, entry, tenures);
  if (killed >= KILLER_TENURES) return { kind: 'killer', tenures: killed };
  const begun = await latestAttempt(population, entry, tenures);
  const found = await findAll(population, entry, tenures);
  // Of an attempt that was given up nothing is continued.
  const checkpoint = await takeCheckpoint(
    population,
    entry,
    found.filter(({ checkpoint: { attempt } }) => attempt >= begun),
  );
  if (checkpoint !== undefined) return { kind: 'resume', checkpoint };
  return {
    kind: 'scratch',
    attempt: largest([begun, ...found.map(({ checkpoint }) => checkpoint.attempt)]) + 1,
  };
}

/**
 * How many tenures in a row, up to the last, did not get further than any before. One handed back on purpose does
 * not count, nor one whose training never began: that cannot have been the child.
 */
async function countKilled(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<number> {
  let furthest = 0;
  let killed = 0;
  for (const tenure of tenures) {
    const folder = tenureFolder(population, entry, tenure);
    const names = (await ifPresent(population.filesystem.list(folder))) ?? [];
    const checkpoints = await findCheckpoints(population.filesystem, folder);
    const step = largest(checkpoints.map((checkpoint) => checkpoint.step));
    if (step > furthest) killed = 0;
    else if (names.includes(ATTEMPT_FILE) && !names.includes(HANDED_BACK_FILE)) killed++;
    furthest = Math.max(furthest, step);
  }
  return killed;
}

async function latestAttempt(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<number> {
  let latest = 0;
  for (const tenure of tenures) {
    const begun = await readAttempt(population, tenureFolder(population, entry, tenure));
    latest = Math.max(latest, begun?.attempt ?? 0);
  }
  return latest;
}

interface Found {
  readonly folder: string;
  readonly checkpoint: Checkpoint;
}

async function findAll(
  population: Population,
  entry: TrainingEntry,
  tenures: readonly number[],
): Promise<Found[]> {
  const found: Found[] = [];
  for (const tenure of tenures) {
    const folder = tenureFolder(population, entry, tenure);
    for (const checkpoint of await findCheckpoints(population.filesystem, folder))
      found.push({ folder, checkpoint });
  }
  return found;
}

/** Links the furthest of them that is whole into our own folder. */
async function takeCheckpoint(
  population: Population,
  entry: TrainingEntry,
  found: readonly Found[],
): Promise<Checkpoint | undefined> {
  const { filesystem } = population;
  const own = tenureFolder(population, entry);
  for (const { folder, checkpoint } of found.toSorted((a, b) => furthestFirst(a.checkpoint, b.checkpoint))) {
    const name = checkpointName(checkpoint);
    if (!(await isFile(filesystem, `${folder}/${name}`))) continue;
    await ifPresent(linkOrCopy(filesystem, `${folder}/${name}`, `${own}/${name}`));
    if ((await readCheckpoint(filesystem, own, checkpoint)) !== undefined) {
      await syncTenure(population, entry, [name]);
      return checkpoint;
    }
    await ifPresent(filesystem.unlink(`${own}/${name}`));
  }
  return undefined;
}
