import { type Dna, parseDnaText } from '@galapagos/dna';
import {
  type Attempt,
  type Birth,
  DOCUMENT_LIMIT,
  type Evaluation,
  type Failure,
  birthSchema,
  evaluationSchema,
  failureSchema,
  parseDocument,
} from './documents.js';
import { readIfPresent } from './files.js';
import {
  BIRTH_FILE,
  DNA_FILE,
  EVALUATION_FILE,
  type Entry,
  FAILURE_FILE,
  type IndividualId,
  isWorkerName,
  nameOf,
  parseTrashName,
  pathOf,
  trashPath,
  workerPath,
} from './layout.js';
import { type HistoryRecord, readHistory } from './history.js';
import type { Population } from './population.js';
import { readAttempt } from './tenure.js';

/** All that the directory says of one individual. */
export interface Individual {
  readonly id: IndividualId;
  /** Where it is; `collected` when only its record is left. */
  readonly state: Entry['state'] | 'collected';
  readonly tenure: number;
  readonly dna: Dna;
  readonly birth: Birth;
  readonly attempt: Attempt | undefined;
  readonly evaluation: Evaluation | undefined;
  readonly failure: Failure | undefined;
  /** Its folder, absolute; undefined for the collected. */
  readonly folder: string | undefined;
}

/**
 * Reads an individual in its folder.
 * @param where Its folder below the experiment, where that is not the one of its state.
 * @returns Undefined when it is no longer there.
 * @throws PopulationError, DnaError when a file is not what it should be.
 */
export async function readIndividual(
  population: Population,
  entry: Entry,
  where = pathOf(entry),
): Promise<Individual | undefined> {
  const folder = population.path(where);
  const own = `${folder}/${entry.tenure}`;
  const dna = await readFile(population, `${folder}/${DNA_FILE}`, parseDnaText);
  const birth = await readFile(population, `${folder}/${BIRTH_FILE}`, (text, file) =>
    parseDocument(birthSchema, text, file),
  );
  if (dna === undefined || birth === undefined) return undefined;
  const evaluation = await readFile(population, `${own}/${EVALUATION_FILE}`, (text, file) =>
    parseDocument(evaluationSchema, text, file),
  );
  const failure = await readFile(population, `${own}/${FAILURE_FILE}`, (text, file) =>
    parseDocument(failureSchema, text, file),
  );
  const attempt = await readAttempt(population, own);
  const { id, state, tenure } = entry;
  return { id, state, tenure, dna, birth, attempt, evaluation, failure, folder };
}

/** The DNA of an individual alone; undefined when it is no longer there. @throws DnaError when it is not valid. */
export async function readDna(population: Population, entry: Entry): Promise<Dna | undefined> {
  return await readFile(population, population.path(`${pathOf(entry)}/${DNA_FILE}`), parseDnaText);
}

/** Every individual that has a folder: in training, alive, dead, in the hall of fame. Each id once. */
export async function allEntries(population: Population): Promise<Entry[]> {
  // In the order in which an individual moves, so that none is missed.
  const training = await population.training();
  const alive = await population.alive();
  const dead = await population.dead();
  const hall = await population.hallOfFame();
  return [...new Map([...training, ...alive, ...dead, ...hall].map((entry) => [entry.id, entry])).values()];
}

/** Looks for an individual, living or dead, collected or not. */
export async function findIndividual(
  population: Population,
  id: IndividualId,
): Promise<Individual | undefined> {
  // It may move between the listing and the reading; more than a few times in a row it does not.
  for (let look = 0; look < 5; look++) {
    const entry = (await allEntries(population)).find((candidate) => candidate.id === id);
    if (entry === undefined) break;
    const read = await readIndividual(population, entry);
    if (read !== undefined) return read;
  }
  const trashed = await findInTrash(population, id);
  if (trashed !== undefined) return trashed;
  for await (const record of readHistory(population)) if (record.id === id) return fromRecord(record);
  return undefined;
}

/** Between its death and its record an individual lies in the trash of its collector. */
async function findInTrash(population: Population, id: IndividualId): Promise<Individual | undefined> {
  for (const killer of (await population.list('workers')).filter(isWorkerName)) {
    for (const name of await population.listIfPresent(`${workerPath(killer)}/trash`)) {
      const trash = parseTrashName(name);
      if (trash?.id !== id || trash.tenure === undefined || trash.recorded) continue;
      const entry = { state: 'dead', id, tenure: trash.tenure, killer } as const;
      const read = await readIndividual(population, entry, trashPath(killer, trash));
      if (read !== undefined) return read;
    }
  }
  return undefined;
}

/** The best that ever lived and still has its weights: living or in the hall of fame; undefined where there is none. */
export async function bestEntry(population: Population): Promise<Entry | undefined> {
  const candidates = [...(await population.alive()), ...(await population.hallOfFame())];
  // By the whole name: a total order.
  candidates.sort((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
  return candidates[0];
}

/** An individual and its ancestors, itself last. Ends where an ancestor's record is not (yet) there. */
export async function lineage(population: Population, id: IndividualId): Promise<Individual[]> {
  const entries = new Map((await allEntries(population)).map((entry) => [entry.id, entry]));
  const records = new Map<IndividualId, HistoryRecord>();
  for await (const record of readHistory(population)) records.set(record.id, record);
  const line: Individual[] = [];
  for (let next: IndividualId | undefined = id; next !== undefined;) {
    const entry = entries.get(next);
    const record = records.get(next);
    const individual: Individual | undefined =
      (entry === undefined ? undefined : await readIndividual(population, entry)) ??
      (record === undefined ? await findIndividual(population, next) : fromRecord(record));
    if (individual === undefined || line.some((known) => known.id === individual.id)) break;
    line.unshift(individual);
    next = individual.birth.parent?.id;
  }
  return line;
}

function fromRecord(record: HistoryRecord): Individual {
  const { id, tenure, dna, birth, evaluation, failure } = record;
  return {
    id,
    state: 'collected',
    tenure,
    dna,
    birth,
    attempt: undefined,
    evaluation: evaluation ?? undefined,
    failure: failure ?? undefined,
    folder: undefined,
  };
}

async function readFile<T>(
  population: Population,
  file: string,
  parse: (text: string, file: string) => T,
): Promise<T | undefined> {
  const data = await readIfPresent(population.filesystem, file, DOCUMENT_LIMIT);
  return data === undefined ? undefined : parse(new TextDecoder().decode(data), file);
}
