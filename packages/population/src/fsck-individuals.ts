import { DnaError, parseDnaText } from '@galapagos/dna';
import { DOCUMENT_LIMIT, birthSchema, parseDocument } from './documents.js';
import { PopulationError } from './errors.js';
import { readValidEvaluation } from './evaluation.js';
import { ifPresent } from './filesystem-errors.js';
import { readIfPresent } from './files.js';
import type { Finding } from './finding.js';
import { allEntries } from './find.js';
import { BIRTH_FILE, DNA_FILE, type Entry, nameOf, pathOf } from './layout.js';
import type { Population } from './population.js';
import type { WorkerSummary } from './summary.js';

/** What is wrong with those that have a folder; what moved meanwhile is left out. */
export async function individualFindings(
  population: Population,
  workers: readonly WorkerSummary[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const entry of await allEntries(population)) {
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
  return problems.map((problem) => ({
    severity: 'error',
    path: pathOf(entry),
    problem,
    fix: problem.includes('update Galapagos')
      ? 'update Galapagos: a newer version wrote it'
      : 'move it out of the experiment; the population refills by itself',
  }));
}

/** The files of an individual: there, whole, and saying what its name says. */
async function problemsOf(population: Population, entry: Entry): Promise<string[]> {
  const folder = population.path(pathOf(entry));
  // Through a symbolic link all would be read, but what it leads to would not go where its name goes.
  const kind = await ifPresent(population.filesystem.kind(folder));
  if (kind !== 'directory') return ['it is no directory'];
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
): Promise<string | undefined> {
  try {
    const data = await readIfPresent(filesystem, file, DOCUMENT_LIMIT);
    if (data === undefined) return `${file.slice(file.lastIndexOf('/') + 1)} is missing`;
    check(new TextDecoder().decode(data), file);
    return undefined;
  } catch (error) {
    if (error instanceof DnaError) return error.message;
    // Also what may not be read: the others are to be looked at all the same.
    if (error instanceof PopulationError) return error.message;
    throw error;
  }
}

async function evaluationProblem(population: Population, entry: Entry): Promise<string | undefined> {
  if (entry.state !== 'alive' && entry.state !== 'hall-of-fame') return undefined;
  const folder = population.path(`${pathOf(entry)}/${entry.tenure}`);
  const evaluation = await readValidEvaluation(population, entry, folder);
  if (evaluation === undefined)
    return 'its evaluation is missing or cut short, or its weights do not match it';
  return evaluation.fitness.toFixed(6) === entry.fitness.toFixed(6)
    ? undefined
    : `its evaluation says fitness ${evaluation.fitness}`;
}

function ownerFindings(entry: Entry, workers: readonly WorkerSummary[]): Finding[] {
  if (entry.state !== 'training') return [];
  const owner = workers.find(({ name }) => name === entry.worker);
  if (owner?.state === 'working') return [];
  const how = owner === undefined ? 'is unknown' : owner.state === 'left' ? 'left' : 'is gone';
  const problem = `its owner ${entry.worker} ${how}`;
  return [{ severity: 'note', path: pathOf(entry), problem, fix: 'the next worker adopts it' }];
}
