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

/** What a list says of an individual. @param generation Null where it is not known. */
export function rowOf(outline: Outline, generation: number | null): Row {
  const { id, state, parent, fitness, details } = outline;
  const { owner, bornAt, seconds, flops, parameters, convolutions, failure, mutations } = details;
  return {
    id,
    state,
    fitness,
    parent,
    generation,
    bornAt,
    owner,
    seconds,
    flops,
    parameters,
    convolutions,
    failure,
    mutations: mutations.map(describeMutation),
  };
}

/** The generations of individuals, each counted when it is first asked for. All that ever were are needed. */
export class Generations {
  readonly #parents: ReadonlyMap<string, string | null>;
  readonly #known = new Map<string, number | null>();

  constructor(outlines: readonly Pick<Outline, 'id' | 'parent'>[]) {
    this.#parents = new Map(outlines.map(({ id, parent }) => [id, parent]));
  }

  /** 0 for the first kind; null where an ancestor is not known. */
  of(id: string): number | null {
    // Up to one whose generation is known, then down again.
    const line: string[] = [];
    let next: string | null | undefined = id;
    while (typeof next === 'string' && this.#parents.has(next) && !this.#known.has(next)) {
      // Unknown for now: a circle comes back to one of itself.
      this.#known.set(next, null);
      line.push(next);
      next = this.#parents.get(next);
    }
    let generation = typeof next === 'string' ? (this.#known.get(next) ?? null) : -1;
    while (generation !== null && line.length > 0) this.#known.set(line.pop() ?? '', ++generation);
    return this.#known.get(id) ?? null;
  }
}

/** The largest first, what has no value last, whichever way round. */
export function sorted(
  outlines: readonly Outline[],
  key: SortKey,
  reverse: boolean,
  generations: Generations,
): Outline[] {
  const sign = reverse ? -1 : 1;
  const valued = outlines.map((outline) => ({ outline, value: valueOf(outline, key, generations) }));
  valued.sort((a, b) => {
    if (a.value === null || b.value === null || a.value === b.value)
      return Number(a.value === null) - Number(b.value === null) || inOrder(a.outline, b.outline, key, sign);
    return a.value < b.value ? sign : -sign;
  });
  return valued.map(({ outline }) => outline);
}

function valueOf(outline: Outline, key: SortKey, generations: Generations): string | number | null {
  const { id, fitness } = outline;
  switch (key) {
    case 'fitness':
      // To the digits of a name.
      return fitness === null ? null : Number(fitness.toFixed(6));
    case 'generation':
      return generations.of(id);
    case 'id':
      return countingId(id);
    case 'born':
      return outline.details.bornAt;
    default:
      return outline.details[key];
  }
}

/** Of those that are as fit the one with the greater name comes first, as in the leaderboard; else the elder. */
function inOrder(a: Outline, b: Outline, key: SortKey, sign: number): number {
  if (key === 'fitness' && a.fitness !== null) return a.id < b.id ? sign : -sign;
  return countingId(a.id) < countingId(b.id) ? -1 : 1;
}

/** An id whose order is that of its numbers: w2-9 before w2-10. */
function countingId(id: string): string {
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
