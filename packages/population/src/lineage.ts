import { parseRecord } from './history.js';
import { allLines, readLine } from './history-lines.js';
import { everyone } from './everyone.js';
import { allEntries, findIndividual } from './find.js';
import { type Individual, fromRecord, readIndividual } from './individual.js';
import type { Entry, IndividualId } from './layout.js';
import type { Outline } from './outline.js';
import type { Population } from './population.js';

/** Where in the history a record stands. */
interface Place {
  readonly file: string;
  readonly start: number;
  readonly length: number;
}

/** An individual and its ancestors, itself last. Ends where an ancestor's record is not (yet) there. */
export async function lineage(population: Population, id: IndividualId): Promise<Individual[]> {
  const entries = new Map((await allEntries(population)).map((entry) => [entry.id, entry]));
  let places: Map<IndividualId, Place[]> | undefined;
  const line: Individual[] = [];
  for (let next: IndividualId | undefined = id; next !== undefined;) {
    let individual = await readThere(population, entries.get(next));
    if (individual === undefined) {
      places ??= await recordPlaces(population);
      individual = await readRecord(population, next, places.get(next) ?? []);
    }
    individual ??= await findIndividual(population, next);
    if (individual === undefined || line.some((known) => known.id === next)) break;
    line.unshift(individual);
    next = individual.birth.parent?.id;
  }
  return line;
}

async function readThere(population: Population, entry: Entry | undefined): Promise<Individual | undefined> {
  return entry === undefined ? undefined : await readIndividual(population, entry);
}

/** Where the lines of each individual are, by how they begin: only those that are needed are read. */
async function recordPlaces(population: Population): Promise<Map<IndividualId, Place[]>> {
  const places = new Map<IndividualId, Place[]>();
  for await (const line of allLines(population)) {
    const begin = line.bytes.subarray(0, 100).toString('latin1');
    const id = /^\{"format":1,"id":"([a-z0-9-]+)"/.exec(begin)?.[1] ?? parseRecord(population, line)?.id;
    if (id === undefined) continue;
    const place = { file: line.file, start: line.start, length: line.bytes.length };
    places.set(id, [...(places.get(id) ?? []), place]);
  }
  return places;
}

async function readRecord(
  population: Population,
  id: IndividualId,
  places: readonly Place[],
): Promise<Individual | undefined> {
  for (const { file, start, length } of places) {
    const bytes = await readLine(population, file, start, length);
    const record = bytes === undefined ? undefined : parseRecord(population, { file, bytes });
    // A torn line begins like a whole one.
    if (record?.id === id) return fromRecord(record);
  }
  return undefined;
}

/** The children of an individual, the eldest first. */
export async function childrenOf(population: Population, id: IndividualId): Promise<Outline[]> {
  const children: Outline[] = [];
  for await (const outline of everyone(population, { naming: id }))
    if (outline.birth.parent?.id === id) children.push(outline);
  return children.sort(byBirth);
}

/** An individual and all that came of it. */
export interface Descent {
  readonly individual: Outline;
  /** The eldest first. */
  readonly children: readonly Descent[];
}

/** The individual of an id and all that came of it; undefined where there is none. */
export async function descent(population: Population, id: IndividualId): Promise<Descent | undefined> {
  const children = new Map<IndividualId, Outline[]>();
  let root: Outline | undefined;
  for await (const outline of everyone(population)) {
    if (outline.id === id) root = outline;
    const parent = outline.birth.parent?.id;
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [outline]);
    else siblings.push(outline);
  }
  return root === undefined ? undefined : descentOf(root, children);
}

/** Not by recursion: a line may be longer than a stack is deep. */
function descentOf(root: Outline, families: ReadonlyMap<IndividualId, readonly Outline[]>): Descent {
  const found = new Set([root.id]);
  const top = { individual: root, children: [] as Descent[] };
  const open = [top];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const children = (families.get(next.individual.id) ?? []).toSorted(byBirth);
    for (const individual of children) {
      // A line that a mistake has bent into a circle has an end.
      if (found.has(individual.id)) continue;
      found.add(individual.id);
      const child = { individual, children: [] as Descent[] };
      next.children.push(child);
      open.push(child);
    }
  }
  return top;
}

/** The eldest first; of those of one instant the lower number. */
function byBirth(a: Outline, b: Outline): number {
  const [one, other] = [a, b].map(
    ({ id, birth }) => `${birth.bornAt} ${String(id.length).padStart(2, '0')} ${id}`,
  );
  return (one ?? '') < (other ?? '') ? -1 : 1;
}
