import { z } from 'zod';
import { DIGESTS, DIGEST_LIMIT } from './digest-file.js';
import {
  POPULATION_FORMAT,
  type Totals,
  type WorkerDocument,
  formatDocument,
  parseDocument,
  totalsSchema,
  workerSchema,
} from './documents.js';
import { PopulationError } from './errors.js';
import { readIfPresent, replaceFile } from './files.js';
import { type WorkerName, isWorkerName } from './layout.js';
import type { Population } from './population.js';
import { makeShared, ousting } from './set-aside.js';

const ROLL = `${DIGESTS}/workers.json`;

/** Who a worker was that left, and what it did. */
export interface RolledWorker {
  readonly document: WorkerDocument;
  readonly totals: Totals;
}

const rollSchema = z.strictObject({
  format: z.literal(POPULATION_FORMAT),
  workers: z.record(
    z.string().refine(isWorkerName),
    z.strictObject({ document: workerSchema, totals: totalsSchema }),
  ),
});

/**
 * The roll of those who left, of whom nothing changes any more and nothing is to be cleared away: so that a search of
 * weeks is not asked for each worker that ever was. It is a digest: who is not on it is asked.
 */
export async function readRoll(population: Population): Promise<Map<WorkerName, RolledWorker>> {
  const file = population.path(ROLL);
  try {
    const data = await readIfPresent(population.filesystem, file, DIGEST_LIMIT);
    return new Map(data === undefined ? [] : Object.entries(parseDocument(rollSchema, data, file).workers));
  } catch (error) {
    // One that was spoilt is none, and is written anew.
    if (error instanceof PopulationError && error.code === 'INVALID') return new Map();
    throw error;
  }
}

/** Of two who write at once one is lost, which costs a few questions. */
export async function writeRoll(
  population: Population,
  roll: ReadonlyMap<WorkerName, RolledWorker>,
): Promise<void> {
  await makeShared(population, DIGESTS);
  const document: z.infer<typeof rollSchema> = {
    format: POPULATION_FORMAT,
    workers: Object.fromEntries(roll),
  };
  await ousting(population, [ROLL, `${ROLL}.new`], () =>
    replaceFile(population.filesystem, population.path(ROLL), formatDocument(document)),
  );
}

/** Whether a name in `digests/` is that of the roll. */
export function isRollName(name: string): boolean {
  return `${DIGESTS}/${name}` === ROLL;
}
