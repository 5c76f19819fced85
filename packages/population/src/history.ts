import { dnaSchema } from '@galapagos/dna';
import { z } from 'zod';
import {
  POPULATION_FORMAT,
  birthSchema,
  evaluationSchema,
  failureSchema,
  parseIfValid,
} from './documents.js';
import { ifPresent } from './filesystem.js';
import { historyPath, isWorkerName } from './layout.js';
import type { Membership } from './membership.js';
import type { Population } from './population.js';

/** What is left of an individual that was collected: everything but its weights. */
export const historyRecordSchema = z.strictObject({
  format: z.literal(POPULATION_FORMAT),
  id: z.string(),
  tenure: z.int().min(1),
  dna: dnaSchema,
  birth: birthSchema,
  evaluation: evaluationSchema.nullable(),
  failure: failureSchema.nullable(),
  collectedAt: z.string(),
});
export type HistoryRecord = z.infer<typeof historyRecordSchema>;

/** Appends records to this worker's own file, and has them on disk. */
export async function appendHistory(me: Membership, records: readonly HistoryRecord[]): Promise<void> {
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  // After an append that failed the file may end in a torn line.
  const afterFailure = me.historyMayBeTorn ? '\n' : '';
  me.historyMayBeTorn = true;
  await me.population.filesystem.append(me.population.path(historyPath(me.name)), afterFailure + lines);
  me.historyMayBeTorn = false;
}

/**
 * The records of all workers, each individual once: two collectors may both have written one. Torn lines, of
 * which the individual is still there, are passed over.
 */
export async function* readHistory(population: Population): AsyncGenerator<HistoryRecord> {
  const seen = new Set<string>();
  for (const name of await population.list('history')) {
    if (!name.endsWith('.jsonl') || !isWorkerName(name.slice(0, -'.jsonl'.length))) continue;
    const file = population.path(`history/${name}`);
    const data = await ifPresent(population.filesystem.read(file));
    if (data === undefined) continue;
    for (const line of new TextDecoder().decode(data).split('\n')) {
      const record = line === '' ? undefined : parseIfValid(historyRecordSchema, line, file);
      if (record === undefined || seen.has(record.id)) continue;
      seen.add(record.id);
      yield record;
    }
  }
}
