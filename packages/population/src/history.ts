import { dnaSchema } from '@galapagos/dna';
import { z } from 'zod';
import {
  POPULATION_FORMAT,
  birthSchema,
  evaluationSchema,
  failureSchema,
  parseIfValid,
} from './documents.js';
import { unfit } from './filesystem-errors.js';
import { readIfPresent } from './files.js';
import { historyPath, isWorkerName } from './layout.js';
import type { Membership } from './membership.js';
import type { Population } from './population.js';

/** What is left of an individual that was collected: everything but its weights. */
const historyRecordSchema = z.strictObject({
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

/**
 * Appends records to this worker's own file, and has them on disk.
 * @throws PopulationError `UNFIT` when it cannot be written.
 */
export async function appendHistory(me: Membership, records: readonly HistoryRecord[]): Promise<void> {
  const { filesystem } = me.population;
  const file = me.population.path(historyPath(me.name));
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  // After an append that failed the file may end in a torn line, which must not swallow the next.
  const afterFailure = me.historyState === 'torn' ? '\n' : '';
  const isNew = me.historyState !== 'whole';
  me.historyState = 'torn';
  try {
    await filesystem.append(file, afterFailure + lines);
    // A file is on disk only when its name is.
    if (isNew) await filesystem.syncDirectory(me.population.path('history'));
  } catch (error) {
    throw unfit(file, error);
  }
  me.historyState = 'whole';
}

/**
 * The records of all workers, each individual once: two collectors may both have written one. Torn lines, of
 * which the individual is still there, are passed over.
 */
export async function* readHistory(population: Population): AsyncGenerator<HistoryRecord> {
  const seen = new Set<string>();
  for (const name of await population.list('history')) {
    if (!isHistoryName(name)) continue;
    for await (const { record } of readLines(population, name)) {
      if (record === undefined || seen.has(record.id)) continue;
      seen.add(record.id);
      yield record;
    }
  }
}

/** Whether a name in `history/` is one of ours. */
export function isHistoryName(name: string): boolean {
  return name.endsWith('.jsonl') && isWorkerName(name.slice(0, -'.jsonl'.length));
}

/** The lines of one file of the history, numbered from 1, empty ones left out; without a record where one is torn. */
export async function* readLines(
  population: Population,
  name: string,
): AsyncGenerator<{ number: number; record: HistoryRecord | undefined }> {
  const file = population.path(`history/${name}`);
  const data = await readIfPresent(population.filesystem, file);
  if (data === undefined) return;
  const decoder = new TextDecoder();
  // Line by line: a long history is more than one string can hold.
  for (let start = 0, number = 1; start < data.length; number++) {
    const newline = data.indexOf(0x0a, start);
    const end = newline < 0 ? data.length : newline;
    if (end > start) {
      const record = parseIfValid(historyRecordSchema, decoder.decode(data.subarray(start, end)), file);
      yield { number, record };
    }
    start = end + 1;
  }
}
