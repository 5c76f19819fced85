import type { Outline } from '@galapagos/population';
import { z } from 'zod';
import type { CsvValue } from './csv.js';
import { describeMutation } from './draw-lineage.js';
import { duration, percent, scaled, table } from './format.js';
import { stateNames, stateShape } from './states.js';

/** A row of a list of individuals: a field each, null where there is nothing to say. */
export const rowShape = z.strictObject({
  id: z.string(),
  state: stateShape,
  fitness: z.number().nullable(),
  parent: z.string().nullable(),
  generation: z.int().nullable().describe('0 for the first kind; null where an ancestor is not (yet) known.'),
  bornAt: z.string(),
  owner: z.string().nullable().describe('The worker that trains or trained it.'),
  seconds: z.number().nullable().describe('Of training and validation.'),
  flops: z.number().nullable(),
  parameters: z.int().nullable(),
  convolutions: z.int(),
  failure: z.string().nullable().describe('The class of it.'),
  mutations: z.array(z.string()).describe('Those that made it out of its parent.'),
});
export type Row = z.infer<typeof rowShape>;

/** What rows can be sorted by: the largest, the latest or the best first. */
export const SORT_KEYS = [
  'fitness',
  'born',
  'seconds',
  'flops',
  'parameters',
  'convolutions',
  'generation',
  'id',
] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** A row for each individual. All that ever were are needed, so that generations can be counted. */
export function rowsOf(outlines: readonly Outline[]): Row[] {
  const generations = generationsOf(outlines);
  return outlines.map((outline) => rowOf(outline, generations.get(outline.id) ?? null));
}

function rowOf(outline: Outline, generation: number | null): Row {
  const { id, state, owner, birth, evaluation, failure, convolutions } = outline;
  return {
    id,
    state,
    fitness: evaluation?.fitness ?? null,
    parent: birth.parent?.id ?? null,
    generation,
    bornAt: birth.bornAt,
    owner: owner ?? null,
    seconds: evaluation?.seconds ?? null,
    flops: evaluation?.flops ?? null,
    parameters: evaluation?.parameters ?? null,
    convolutions,
    failure: failure?.class ?? null,
    mutations: birth.mutations.filter(({ outcome }) => outcome === 'applied').map(describeMutation),
  };
}

function generationsOf(outlines: readonly Outline[]): Map<string, number> {
  const parents = new Map(outlines.map(({ id, birth }) => [id, birth.parent?.id]));
  const generations = new Map<string, number>();
  for (const { id } of outlines) {
    // Up to one whose generation is known, then down again; a circle comes to no such one.
    const line = new Set<string>();
    let next: string | undefined = id;
    while (next !== undefined && parents.has(next) && !generations.has(next) && !line.has(next)) {
      line.add(next);
      next = parents.get(next);
    }
    const known = next === undefined ? -1 : generations.get(next);
    if (known === undefined) continue;
    for (const [index, one] of [...line].reverse().entries()) generations.set(one, known + 1 + index);
  }
  return generations;
}

/** The largest first, what has no value last, whichever way round. */
export function sorted(rows: readonly Row[], key: SortKey, reverse: boolean): Row[] {
  const sign = reverse ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [one, other] = [valueOf(a, key), valueOf(b, key)];
    if (one !== null && other !== null && one !== other) return one < other ? sign : -sign;
    return Number(one === null) - Number(other === null) || (countingId(a) < countingId(b) ? -1 : 1);
  });
}

function valueOf(row: Row, key: SortKey): string | number | null {
  // As in its name: of those that are alike the same one is the best here and in the leaderboard.
  if (key === 'fitness') return row.fitness === null ? null : `${row.fitness.toFixed(6)}~${row.id}`;
  return key === 'id' ? countingId(row) : key === 'born' ? row.bornAt : row[key];
}

/** An id whose order is that of its numbers: w2-9 before w2-10. */
function countingId({ id }: Row): string {
  return id.replace(/[0-9]+/g, (digits) => digits.padStart(32, '0'));
}

/** As a table for people. */
export function drawRows(rows: readonly Row[]): string[] {
  const header = ['id', 'fitness', 'state', 'parent', 'gen', 'convs', 'params', 'cost', 'born', 'mutations'];
  return table(
    header,
    rows.map((row) => [
      row.id,
      row.fitness === null ? '–' : percent(row.fitness),
      row.failure ?? stateNames[row.state],
      row.parent ?? '–',
      row.generation === null ? '?' : String(row.generation),
      String(row.convolutions),
      row.parameters === null ? '–' : scaled(row.parameters).trimEnd(),
      row.seconds === null ? '–' : duration(row.seconds),
      row.bornAt.slice(5, 16).replace('T', ' '),
      row.mutations.join('; '),
    ]),
  );
}

/** The names of the fields, and their values. */
export const csvHeader: readonly string[] = Object.keys(rowShape.shape);

export function csvRow(row: Row): CsvValue[] {
  return csvHeader.map((key) => {
    const value = row[key as keyof Row];
    return Array.isArray(value) ? value.join('; ') : value;
  });
}
