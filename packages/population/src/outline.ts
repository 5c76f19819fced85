import { drawnMutationSchema } from '@galapagos/dna';
import { z } from 'zod';
import { FAILURE_CLASSES } from './documents.js';
import { historyRecordSchema, parseRecord } from './history.js';
import { parseIfValid } from './documents.js';
import type { HistoryLine } from './history-lines.js';
import { type Individual, fromRecord, ownerOf } from './individual.js';
import type { IndividualId } from './layout.js';
import type { Population } from './population.js';

/** What a list shows of an individual beside what it is found by. */
export const outlineDetailsSchema = z.strictObject({
  /** Who trains or trained it; null where nothing says so. */
  owner: z.string().nullable(),
  /** Its parent's when it was born; null for the first kind. */
  parentFitness: z.number().nullable(),
  bornAt: z.string(),
  /** Those that made it out of its parent, without those that were drawn in vain. */
  mutations: z.array(drawnMutationSchema.omit({ outcome: true })),
  /** Of training and validation; null where it was not evaluated, as are the next two. */
  seconds: z.number().nullable(),
  flops: z.number().nullable(),
  parameters: z.int().nullable(),
  /** The class of its failure; null where it did not fail. */
  failure: z.enum(FAILURE_CLASSES).nullable(),
  /** How many its DNA has. */
  convolutions: z.int(),
});
export type OutlineDetails = z.infer<typeof outlineDetailsSchema>;

/** What a list shows of an individual: all but its DNA and its curve, which are most of it. */
export interface Outline {
  readonly id: IndividualId;
  readonly state: Individual['state'];
  /** Null for the first kind. */
  readonly parent: IndividualId | null;
  /** Null where it was not evaluated. */
  readonly fitness: number | null;
  readonly details: OutlineDetails;
}

/** An individual without what a list does not show. */
export function outlineOf(individual: Individual): Outline {
  const { dna } = individual;
  const convolutions = Object.values(dna.edges).filter(({ type }) => type === 'CONV').length;
  return outline({ ...individual, owner: individual.owner ?? null, convolutions });
}

type Sketch = Pick<Individual, 'id' | 'state' | 'birth' | 'evaluation' | 'failure'> &
  Pick<OutlineDetails, 'owner' | 'convolutions'>;

function outline({ id, state, owner, birth, evaluation, failure, convolutions }: Sketch): Outline {
  const applied = birth.mutations.filter(({ outcome }) => outcome === 'applied');
  return {
    id,
    state,
    parent: birth.parent?.id ?? null,
    fitness: evaluation?.fitness ?? null,
    details: {
      owner,
      parentFitness: birth.parent?.fitness ?? null,
      bornAt: birth.bornAt,
      mutations: applied.map(({ mutation, detail }) => ({ mutation, detail })),
      seconds: evaluation?.seconds ?? null,
      flops: evaluation?.flops ?? null,
      parameters: evaluation?.parameters ?? null,
      failure: failure?.class ?? null,
      convolutions,
    },
  };
}

const withoutDnaSchema = historyRecordSchema.omit({ dna: true });

/**
 * The outline of the record in a line; undefined where it is torn. A line as `appendHistory` writes it is read
 * without its DNA and its curve, which is ten times as fast; any other is read whole.
 */
export function parseOutline(population: Population, line: HistoryLine): Outline | undefined {
  const text = new TextDecoder().decode(line.bytes);
  const parts = partsOf(text);
  // A torn line has no end, and what a power cut left unwritten within one is zeros.
  if (parts === undefined || text.includes('\0')) {
    const record = parseRecord(population, line);
    return record === undefined ? undefined : outlineOf(fromRecord(record));
  }
  const record = parseIfValid(withoutDnaSchema, parts.rest, population.path(`history/${line.file}`));
  if (record === undefined) return undefined;
  return outline({
    id: record.id,
    state: 'collected',
    birth: record.birth,
    evaluation: record.evaluation ?? undefined,
    failure: record.failure ?? undefined,
    owner: ownerOf(record) ?? null,
    convolutions: parts.dna.split('"type":"CONV"').length - 1,
  });
}

/** What is cut out begins with its key and ends at the next; no vertex or edge has a field of these. */
function partsOf(text: string): { dna: string; rest: string } | undefined {
  const dna = text.indexOf(',"dna":{"format":');
  const birth = text.indexOf(',"birth":{"format":', dna);
  if (dna < 0 || birth < 0) return undefined;
  const curve = text.indexOf(',"curve":[[', birth);
  const evaluation = text.indexOf(',"evaluation":', curve);
  const cut = curve < 0 || evaluation < 0 ? '' : text.slice(birth, curve);
  const rest = cut === '' ? text.slice(birth) : cut + text.slice(evaluation);
  return { dna: text.slice(dna, birth), rest: text.slice(0, dna) + rest };
}
