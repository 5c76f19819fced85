import { createHash } from 'node:crypto';
import { ifPresent, isFull, isMissing, isRefusal, unfit } from './filesystem-errors.js';
import type { Filesystem } from './filesystem.js';
import { isFile, readIfPresent } from './files.js';
import { type TrainingEntry, pathOf } from './layout.js';
import type { Population } from './population.js';

/** A state of training from which it can be continued. All that is known of it stands in its name. */
export interface Checkpoint {
  readonly attempt: number;
  readonly step: number;
  /** The first 16 hexadecimal digits of the SHA-256 of its bytes. */
  readonly hash: string;
}

/** How many of a tenure are kept: where the newest cannot be read, the one before serves. */
const KEPT = 2;
const pattern = /^checkpoint~([1-9][0-9]{0,8})~([0-9]{1,12})~([0-9a-f]{16})\.safetensors$/;

export function checkpointName({ attempt, step, hash }: Checkpoint): string {
  return `checkpoint~${attempt}~${step}~${hash}.safetensors`;
}

/** Reads a name; undefined where it is not one of a checkpoint. */
export function parseCheckpointName(name: string): Checkpoint | undefined {
  const [, attempt, step, hash = ''] = pattern.exec(name) ?? [];
  return attempt === undefined ? undefined : { attempt: Number(attempt), step: Number(step), hash };
}

/** The checkpoints in a tenure's folder, the furthest first: the latest attempt, in it the latest step. */
export async function findCheckpoints(filesystem: Filesystem, folder: string): Promise<Checkpoint[]> {
  const names = (await ifPresent(filesystem.list(folder))) ?? [];
  return names.flatMap((name) => parseCheckpointName(name) ?? []).sort(furthestFirst);
}

/** Orders checkpoints: the latest attempt first, in it the latest step. */
export function furthestFirst(a: Checkpoint, b: Checkpoint): number {
  return b.attempt - a.attempt || b.step - a.step;
}

/**
 * Writes a checkpoint aside, gives it its name, and has it on disk before older ones than the last two are removed. One
 * that a power cut has spoilt meanwhile is not what its name promises.
 * @throws PopulationError `UNFIT` when the disk is full or read-only: that is no fault of the individual.
 */
export async function writeCheckpoint(
  filesystem: Filesystem,
  folder: string,
  at: Pick<Checkpoint, 'attempt' | 'step'>,
  data: Uint8Array,
): Promise<void> {
  const path = `${folder}/${checkpointName({ ...at, hash: hashOf(data) })}`;
  try {
    await filesystem.write(`${path}.new`, data);
    await filesystem.rename(`${path}.new`, path);
    await filesystem.sync([path, folder]);
  } catch (error) {
    // Half of it would only be in the way.
    if (isFull(error)) await ifPresent(filesystem.unlink(`${path}.new`));
    throw isRefusal(error) ? unfit(path, error) : error;
  }
  await removeCheckpoints(filesystem, folder, (await findCheckpoints(filesystem, folder)).slice(KEPT));
}

async function removeCheckpoints(
  filesystem: Filesystem,
  folder: string,
  checkpoints: readonly Checkpoint[],
): Promise<void> {
  for (const checkpoint of checkpoints) {
    const path = `${folder}/${checkpointName(checkpoint)}`;
    try {
      await filesystem.unlink(path);
    } catch (error) {
      if (!isMissing(error)) throw unfit(path, error);
    }
  }
}

/** The bytes of a checkpoint; undefined where they are gone, or are not those that its name promises. */
export async function readCheckpoint(
  filesystem: Filesystem,
  folder: string,
  checkpoint: Checkpoint,
): Promise<Uint8Array | undefined> {
  const file = `${folder}/${checkpointName(checkpoint)}`;
  if (!(await isFile(filesystem, file))) return undefined;
  const data = await readIfPresent(filesystem, file);
  return data !== undefined && hashOf(data) === checkpoint.hash ? data : undefined;
}

/** Removes what a finished training no longer needs. Other tenures' folders stay: their owners may still live. */
export async function removeOwnCheckpoints(population: Population, entry: TrainingEntry): Promise<void> {
  const folder = population.path(`${pathOf(entry)}/${entry.tenure}`);
  try {
    const own = await findCheckpoints(population.filesystem, folder);
    await removeCheckpoints(population.filesystem, folder, own);
  } catch (error) {
    throw unfit(folder, error);
  }
}

/** The SHA-256 of some bytes, in hexadecimal digits. */
export function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hashOf(data: Uint8Array): string {
  return sha256(data).slice(0, 16);
}
