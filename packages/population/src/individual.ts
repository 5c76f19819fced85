import type { Dna } from '@galapagos/dna';
import { type Curve, readTrace } from './curve.js';
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
import type { HistoryRecord } from './history.js';
import {
  BIRTH_FILE,
  DNA_FILE,
  EVALUATION_FILE,
  type Entry,
  FAILURE_FILE,
  type IndividualId,
  type WorkerName,
  pathOf,
} from './layout.js';
import type { Population } from './population.js';

/** All that the directory says of one individual. */
export interface Individual {
  readonly id: IndividualId;
  /** Where it is; `collected` when only its record is left. */
  readonly state: Entry['state'] | 'collected';
  readonly tenure: number;
  /** Who trains or trained it; undefined where nothing says so. */
  readonly owner: WorkerName | undefined;
  readonly dna: Dna;
  readonly birth: Birth;
  readonly attempt: Attempt | undefined;
  readonly curve: Curve | undefined;
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
  const dna = await readDnaFile(population, folder);
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
  const { id, state, tenure } = entry;
  const { attempt, curve } = await readTrace(population, folder, evaluation?.tenure ?? tenure);
  const owner = state === 'training' ? entry.worker : ownerOf({ attempt, tenure, birth });
  return { id, state, tenure, owner, dna, birth, attempt, curve, evaluation, failure, folder };
}

/** An individual of whom only the record is left. */
export function fromRecord(record: HistoryRecord): Individual {
  const { id, tenure, dna, birth, attempt, curve, evaluation, failure } = record;
  return {
    id,
    state: 'collected',
    tenure,
    owner: ownerOf(record),
    dna,
    birth,
    attempt: attempt ?? undefined,
    curve: curve ?? undefined,
    evaluation: evaluation ?? undefined,
    failure: failure ?? undefined,
    folder: undefined,
  };
}

/** Whoever bore an individual had the first tenure of it. */
export function ownerOf({
  attempt,
  tenure,
  birth,
}: {
  readonly attempt?: Attempt | null | undefined;
  readonly tenure: number;
  readonly birth: Birth;
}): WorkerName | undefined {
  return attempt?.worker ?? (tenure === 1 ? birth.worker : undefined);
}

/** The DNA of an individual alone; undefined when it is no longer there. @throws DnaError when it is not valid. */
export async function readDna(population: Population, entry: Entry): Promise<Dna | undefined> {
  return await readDnaFile(population, population.path(pathOf(entry)));
}

async function readDnaFile(population: Population, folder: string): Promise<Dna | undefined> {
  return await readFile(population, `${folder}/${DNA_FILE}`, (text, file) =>
    population.dnas.parse(text, file),
  );
}

async function readFile<T>(
  population: Population,
  file: string,
  parse: (text: string, file: string) => T,
): Promise<T | undefined> {
  const data = await readIfPresent(population.filesystem, file, DOCUMENT_LIMIT);
  return data === undefined ? undefined : parse(new TextDecoder().decode(data), file);
}
