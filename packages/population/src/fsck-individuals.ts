import { DnaError, parseDnaText } from '@galapagos/dna';
import { DOCUMENT_LIMIT, birthSchema, parseDocument } from './documents.js';
import { PopulationError } from './errors.js';
import { readValidEvaluation } from './evaluation.js';
import { ifPresent } from './filesystem-errors.js';
import { readIfPresent } from './files.js';
import type { Finding } from './finding.js';
import { BIRTH_FILE, DNA_FILE, type Entry, nameOf, pathOf } from './layout.js';
import type { Population } from './population.js';
import type { WorkerSummary } from './summary.js';

/** What is wrong with those that have a folder; what moved meanwhile is left out. */
export async function individualFindings(
  population: Population,
  workers: readonly WorkerSummary[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  // All places of each: of one that is in two, either may be the spoilt one.
  const { training, alive } = await population.living();
  const entries = [...training, ...alive, ...(await population.dead()), ...(await population.hallOfFame())];
  for (const entry of entries) {
    const found = [...(await contentFindings(population, entry)), ...ownerFindings(entry, workers)];
    if (found.length > 0 && (await isStillThere(population, entry))) findings.push(...found);
  }
  return findings;
}

async function isStillThere(population: Population, entry: Entry): Promise<boolean> {
  return (await population.list(entry.state)).includes(nameOf(entry));
}

async function contentFindings(population: Population, entry: Entry): Promise<Finding[]> {
  const problems = await problemsOf(population, entry);
  const path = pathOf(entry);
  return problems.map(({ problem, cause }) => {
    const found = { severity: 'error', path, problem, fix: FIXES[cause] } as const;
    return cause === 'spoilt' ? { ...found, repair: { kind: 'set-aside', paths: [path] } } : found;
  });
}

/** What is wrong with an individual: with it, with this version, or with whoever may read it. */
interface Problem {
  readonly problem: string;
  readonly cause: 'spoilt' | 'newer' | 'forbidden';
}

const FIXES: Readonly<Record<Problem['cause'], string>> = {
  spoilt: 'move it out of the experiment; the population refills by itself',
  newer: 'update Galapagos: a newer version wrote it',
  forbidden: 'make it readable, and look again',
};

function spoilt(problem: string): Problem {
  return { problem, cause: 'spoilt' };
}

/** The files of an individual: there, whole, and saying what its name says. */
async function problemsOf(population: Population, entry: Entry): Promise<Problem[]> {
  const folder = population.path(pathOf(entry));
  // Through a symbolic link all would be read, but what it leads to would not go where its name goes.
  const kind = await ifPresent(population.filesystem.kind(folder));
  if (kind !== 'directory') return [spoilt('it is no directory')];
  const problems = [
    await problemOf(population, `${folder}/${DNA_FILE}`, (text, file) => {
      parseDnaText(text, file);
    }),
    await problemOf(population, `${folder}/${BIRTH_FILE}`, (text, file) => {
      const { id } = parseDocument(birthSchema, text, file);
      if (id !== entry.id) throw new PopulationError('INVALID', `${BIRTH_FILE} is of individual ${id}`);
    }),
    await evaluationProblem(population, entry),
  ];
  return problems.filter((problem) => problem !== undefined);
}

async function problemOf(
  { filesystem }: Population,
  file: string,
  check: (text: string, file: string) => void,
): Promise<Problem | undefined> {
  try {
    const data = await readIfPresent(filesystem, file, DOCUMENT_LIMIT);
    if (data === undefined) return spoilt(`${file.slice(file.lastIndexOf('/') + 1)} is missing`);
    check(new TextDecoder().decode(data), file);
    return undefined;
  } catch (error) {
    if (error instanceof DnaError)
      return { problem: error.message, cause: error.code === 'DNA_NEWER' ? 'newer' : 'spoilt' };
    if (!(error instanceof PopulationError)) throw error;
    // Also what may not be read: the others are to be looked at all the same.
    const causes = { INVALID: 'spoilt', NEWER_FORMAT: 'newer' } as const;
    const cause = error.code in causes ? causes[error.code as keyof typeof causes] : 'forbidden';
    return { problem: error.message, cause };
  }
}

async function evaluationProblem(population: Population, entry: Entry): Promise<Problem | undefined> {
  if (entry.state !== 'alive' && entry.state !== 'hall-of-fame') return undefined;
  const folder = population.path(`${pathOf(entry)}/${entry.tenure}`);
  const evaluation = await readValidEvaluation(population, entry, folder);
  if (evaluation === undefined)
    return spoilt('its evaluation is missing or cut short, or its weights do not match it');
  return evaluation.fitness.toFixed(6) === entry.fitness.toFixed(6)
    ? undefined
    : spoilt(`its evaluation says fitness ${evaluation.fitness}`);
}

function ownerFindings(entry: Entry, workers: readonly WorkerSummary[]): Finding[] {
  if (entry.state !== 'training') return [];
  const owner = workers.find(({ name }) => name === entry.worker);
  if (owner?.state === 'working') return [];
  const how = owner === undefined ? 'is unknown' : owner.state === 'left' ? 'left' : 'is gone';
  const problem = `its owner ${entry.worker} ${how}`;
  return [{ severity: 'note', path: pathOf(entry), problem, fix: 'the next worker adopts it' }];
}
