import { dnaSchema, graphProblems } from '@galapagos/dna';
import { z } from 'zod';
import {
  POPULATION_FORMAT,
  attemptSchema,
  birthSchema,
  evaluationSchema,
  failureSchema,
  parseIfValid,
} from './documents.js';
import { curveSchema } from './curve.js';
import { ifPresent, unfit } from './filesystem-errors.js';
import type { HistoryLine } from './history-lines.js';
import { historyPath, isIndividualId } from './layout.js';
import type { Membership } from './membership.js';
import type { Population } from './population.js';
import { ousting } from './set-aside.js';

/** What is left of an individual that was collected: everything but weights and checkpoints. */
export const historyRecordSchema = z.strictObject({
  format: z.literal(POPULATION_FORMAT),
  id: z.string().refine(isIndividualId, 'not the id of an individual'),
  tenure: z.int().min(1),
  dna: dnaSchema.refine((dna) => graphProblems(dna).length === 0, 'no graph of a network'),
  birth: birthSchema,
  /** Of the training that its fitness comes from; older records have none. */
  attempt: attemptSchema.nullable().optional(),
  /** Its learning curve; older records have none. */
  curve: curveSchema.nullable().optional(),
  evaluation: evaluationSchema.nullable(),
  failure: failureSchema.nullable(),
  collectedAt: z.string(),
});
export type HistoryRecord = z.infer<typeof historyRecordSchema>;

/**
 * Appends records to this worker's own file, and has them on disk.
 * @throws PopulationError `UNFIT` when it cannot be written.
 */
export async function appendHistory(me: Membership, records: readonly HistoryRecord[]): Promise<void> {
  const { filesystem } = me.population;
  const file = me.population.path(historyPath(me.name));
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const isNew = me.historyState !== 'whole';
  // What lies there before our first record is no line of ours.
  const before = me.historyState === 'absent' && (await ifPresent(filesystem.kind(file))) !== undefined;
  // After an append that failed the file may end in a torn line, which must not swallow the next.
  const afterFailure = me.historyState === 'torn' || before ? '\n' : '';
  me.historyState = 'torn';
  try {
    await ousting(me.population, [historyPath(me.name)], () => filesystem.append(file, afterFailure + lines));
    // A file is on disk only when its name is.
    if (isNew) await filesystem.sync([me.population.path('history')]);
  } catch (error) {
    throw unfit(file, error);
  }
  me.historyState = 'whole';
}

/** The record in a line; undefined where it is torn. @throws PopulationError `NEWER_FORMAT`. */
export function parseRecord(
  population: Population,
  { file, bytes }: Pick<HistoryLine, 'file' | 'bytes'>,
): HistoryRecord | undefined {
  return parseIfValid(historyRecordSchema, bytes, population.path(`history/${file}`));
}
