import type { RecordedOutline } from './digest-file.js';
import { everyone } from './everyone.js';
import { allEntries, findIndividual } from './find.js';
import { type Individual, readIndividual } from './individual.js';
import type { Entry, IndividualId } from './layout.js';
import type { Outline } from './outline.js';
import type { Population } from './population.js';
import { readRecorded, recordedOutlines } from './recorded.js';

/** An individual and its ancestors, itself last. Ends where an ancestor's record is not (yet) there. */
export async function lineage(population: Population, id: IndividualId): Promise<Individual[]> {
  const entries = new Map((await allEntries(population)).map((entry) => [entry.id, entry]));
  let recorded: Map<IndividualId, RecordedOutline> | undefined;
  const line: Individual[] = [];
  for (let next: IndividualId | undefined = id; next !== undefined;) {
    let individual = await readThere(population, entries.get(next));
    if (individual === undefined) {
      recorded ??= new Map((await recordedOutlines(population)).map((outline) => [outline.id, outline]));
      const outline = recorded.get(next);
      if (outline !== undefined) individual = await readRecorded(population, next, outline.place);
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

/** The children of an individual, the eldest first. */
export async function childrenOf(population: Population, id: IndividualId): Promise<Outline[]> {
  return (await everyone(population)).filter(({ parent }) => parent === id).sort(byBirth);
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
  for (const outline of await everyone(population)) {
    const { parent } = outline;
    if (outline.id === id) root = outline;
    if (parent === null) continue;
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
    ({ id, details }) => `${details.bornAt} ${String(id.length).padStart(2, '0')} ${id}`,
  );
  return (one ?? '') < (other ?? '') ? -1 : 1;
}
