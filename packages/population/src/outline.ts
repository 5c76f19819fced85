import { historyRecordSchema, parseRecord } from './history.js';
import { parseIfValid } from './documents.js';
import type { HistoryLine } from './history-lines.js';
import { type Individual, fromRecord, ownerOf } from './individual.js';
import type { Population } from './population.js';

/** What a list shows of an individual: all but its DNA and its curve, which are most of it. */
export interface Outline extends Omit<Individual, 'dna' | 'curve'> {
  /** How many convolutions its DNA has. */
  readonly convolutions: number;
}

/** An individual without what a list does not show. */
export function outlineOf({ dna, curve: _curve, ...rest }: Individual): Outline {
  const convolutions = Object.values(dna.edges).filter(({ type }) => type === 'CONV').length;
  return { ...rest, convolutions };
}

const withoutDnaSchema = historyRecordSchema.omit({ dna: true });

/**
 * The outline of the record in a line; undefined where it is torn. A line as `appendHistory` writes it is read
 * without its DNA and its curve, which makes a long history ten times faster to list; any other is read whole.
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
  const { id, tenure, birth, attempt, evaluation, failure } = record;
  return {
    id,
    state: 'collected',
    tenure,
    owner: ownerOf(record),
    birth,
    attempt: attempt ?? undefined,
    evaluation: evaluation ?? undefined,
    failure: failure ?? undefined,
    folder: undefined,
    convolutions: parts.dna.split('"type":"CONV"').length - 1,
  };
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
