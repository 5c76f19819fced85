import { parseDnaText } from '@galapagos/dna';
import { DOCUMENT_LIMIT, birthSchema, parseDocument } from './documents.js';
import { PopulationError } from './errors.js';
import { readValidEvaluation } from './evaluation.js';
import { ifPresent, unfit } from './filesystem-errors.js';
import { readIfPresent, readPartIfPresent } from './files.js';
import type { Finding } from './finding.js';
import { BIRTH_FILE, DNA_FILE, EVALUATION_FILE, type Entry, WEIGHTS_FILE, nameOf, pathOf } from './layout.js';
import type { Population } from './population.js';
import { FIXES, type Problem, mayHold, problemIn, problemsAfterAll, spoilt, unanswered } from './problem.js';
import { type WorkerSummary, mayLive } from './summary.js';

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

/** The files of an individual: there, whole, and saying what its name says. */
export async function problemsOf(population: Population, entry: Entry): Promise<Problem[]> {
  return await problemsAfterAll(async () => {
    const kind = await kindProblem(population, pathOf(entry));
    if (kind !== undefined) return [kind];
    const problems = [
      await problemOf(population, entry, DNA_FILE, (text, file) => {
        parseDnaText(text, file);
      }),
      await problemOf(population, entry, BIRTH_FILE, (text, file) => {
        const { id } = parseDocument(birthSchema, text, file);
        if (id !== entry.id) throw new PopulationError('INVALID', `${BIRTH_FILE} is of individual ${id}`);
      }),
      await evaluationProblem(population, entry).catch(problemIn),
    ];
    return problems.filter((problem) => problem !== undefined);
  });
}

/** Through a symbolic link all would be read, but what it leads to would not go where its name goes. */
async function kindProblem(population: Population, below: string): Promise<Problem | undefined> {
  try {
    const kind = await ifPresent(population.filesystem.kind(population.path(below)));
    if (kind === undefined) return unanswered('it');
    return kind === 'directory' ? undefined : spoilt('it is no directory');
  } catch (error) {
    return problemIn(unfit(population.path(below), error));
  }
}

async function problemOf(
  population: Population,
  entry: Entry,
  name: string,
  check: (text: string, file: string) => void,
): Promise<Problem | undefined> {
  const file = population.path(`${pathOf(entry)}/${name}`);
  try {
    const data = await readIfPresent(population.filesystem, file, DOCUMENT_LIMIT);
    if (data !== undefined) check(new TextDecoder().decode(data), file);
    else if (await mayHold(population, pathOf(entry), name)) return unanswered(name);
    return data === undefined ? spoilt(`${name} is missing`) : undefined;
  } catch (error) {
    return problemIn(error);
  }
}

async function evaluationProblem(population: Population, entry: Entry): Promise<Problem | undefined> {
  if (entry.state !== 'alive' && entry.state !== 'hall-of-fame') return undefined;
  const below = `${pathOf(entry)}/${entry.tenure}`;
  const evaluation = await readValidEvaluation(population, entry, population.path(below));
  if (evaluation === undefined) {
    for (const name of [EVALUATION_FILE, WEIGHTS_FILE]) {
      if (!(await mayHold(population, below, name))) continue;
      const file = population.path(`${below}/${name}`);
      const data = await readPartIfPresent(population.filesystem, file, 0, 1);
      if (data === undefined) return unanswered(name);
    }
    return spoilt('its evaluation is missing or cut short, or its weights do not match it');
  }
  return evaluation.fitness.toFixed(6) === entry.fitness.toFixed(6)
    ? undefined
    : spoilt(`its evaluation says fitness ${evaluation.fitness}`);
}

function ownerFindings(entry: Entry, workers: readonly WorkerSummary[]): Finding[] {
  if (entry.state !== 'training') return [];
  const owner = workers.find(({ name }) => name === entry.worker);
  if (owner !== undefined && mayLive(owner)) return [];
  const how = owner === undefined ? 'is unknown' : owner.state === 'left' ? 'left' : 'is gone';
  const problem = `its owner ${entry.worker} ${how}`;
  return [{ severity: 'note', path: pathOf(entry), problem, fix: 'the next worker adopts it' }];
}
