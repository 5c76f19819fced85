import { DnaError, parseDnaText } from '@galapagos/dna';
import { readValidEvaluation } from './adopt.js';
import { birthSchema, parseDocument, parseIfValid } from './documents.js';
import { PopulationError } from './errors.js';
import { ifPresent } from './filesystem.js';
import { historyRecordSchema } from './history.js';
import type { Host } from './host.js';
import { allEntries } from './individual.js';
import {
  BIRTH_FILE,
  DNA_FILE,
  type Entry,
  type IndividualId,
  TOP_DIRECTORIES,
  isWorkerName,
  nameOf,
  parseName,
  parseTrashName,
  pathOf,
  workerPath,
} from './layout.js';
import type { Population } from './population.js';
import { type WorkerSummary, summarize } from './summary.js';

/** Something about a directory that a person should know. */
export interface Finding {
  /** `error`: a promise is broken; `warning`: will not mend itself; `note`: the next worker mends it. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly path: string;
  readonly problem: string;
  readonly fix: string;
}

const STATES = ['training', 'alive', 'dead', 'hall-of-fame'] as const;

/**
 * Checks a population against what PROTOCOL.md promises; reads only. While workers run, what moves during the
 * check is looked at again before it is reported.
 */
export async function fsck(population: Population, host: Host): Promise<Finding[]> {
  const { workers } = await summarize(population, host);
  return [
    ...(await foreignNames(population)),
    ...(await doubled(population)),
    ...(await livingFindings(population, workers)),
    ...(await workerFindings(population, workers)),
    ...(await historyFindings(population)),
  ];
}

async function foreignNames(population: Population): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const state of STATES) {
    for (const name of await population.list(state)) {
      if (parseName(state, name) === undefined) findings.push(foreign(`${state}/${name}`));
    }
  }
  for (const name of await population.list('.')) {
    const known: readonly string[] = [...TOP_DIRECTORIES, 'experiment.json'];
    if (!known.includes(name)) findings.push({ ...foreign(name), severity: 'note' });
  }
  return findings;
}

function foreign(path: string): Finding {
  return {
    severity: 'warning',
    path,
    problem: 'not a name that Galapagos gives; it is not counted',
    fix: 'move it out of the experiment',
  };
}

/** Ids that are in two places, in two listings one after the other: what merely moved is in one of them once. */
async function doubled(population: Population): Promise<Finding[]> {
  const again = await placesOf(population);
  return [...(await placesOf(population))].flatMap(([id, places]) => {
    if (places.length < 2 || (again.get(id)?.length ?? 0) < 2) return [];
    const problem = `individual ${id} is in ${places.length} places: ${places.join(', ')}`;
    return [
      {
        severity: 'error',
        path: places[0] ?? id,
        problem,
        fix: 'keep the one of the highest tenure',
      } as const,
    ];
  });
}

async function placesOf(population: Population): Promise<Map<IndividualId, string[]>> {
  const places = new Map<IndividualId, string[]>();
  for (const state of STATES) {
    for (const name of await population.list(state)) {
      const entry = parseName(state, name);
      if (entry !== undefined) places.set(entry.id, [...(places.get(entry.id) ?? []), `${state}/${name}`]);
    }
  }
  return places;
}

async function livingFindings(population: Population, workers: readonly WorkerSummary[]): Promise<Finding[]> {
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

/** The files of an individual: there, whole, and saying what its name says. */
async function contentFindings(population: Population, entry: Entry): Promise<Finding[]> {
  const path = pathOf(entry);
  const broken = (problem: string): Finding => ({
    severity: 'error',
    path,
    problem,
    fix: 'move it out of the experiment; the population refills by itself',
  });
  const findings: Finding[] = [];
  try {
    const dna = await ifPresent(population.filesystem.read(population.path(`${path}/${DNA_FILE}`), 1e7));
    const birth = await ifPresent(population.filesystem.read(population.path(`${path}/${BIRTH_FILE}`), 1e7));
    if (dna === undefined) findings.push(broken(`${DNA_FILE} is missing`));
    else parseDnaText(new TextDecoder().decode(dna), `${path}/${DNA_FILE}`);
    if (birth === undefined) findings.push(broken(`${BIRTH_FILE} is missing`));
    else {
      const { id } = parseDocument(birthSchema, birth, `${path}/${BIRTH_FILE}`);
      if (id !== entry.id) findings.push(broken(`${BIRTH_FILE} is of individual ${id}`));
    }
  } catch (error) {
    if (!(error instanceof PopulationError || error instanceof DnaError)) throw error;
    findings.push(broken(error.message));
  }
  if (entry.state !== 'alive' && entry.state !== 'hall-of-fame') return findings;
  const evaluation = await readValidEvaluation(population, `${population.path(path)}/${entry.tenure}`);
  if (evaluation === undefined)
    findings.push(broken('its evaluation is missing or cut short, or its weights do not match it'));
  else if (evaluation.fitness.toFixed(6) !== entry.fitness.toFixed(6)) {
    findings.push(broken(`its evaluation says fitness ${evaluation.fitness}`));
  }
  return findings;
}

function ownerFindings(entry: Entry, workers: readonly WorkerSummary[]): Finding[] {
  if (entry.state !== 'training') return [];
  const owner = workers.find(({ name }) => name === entry.worker);
  if (owner?.state === 'working') return [];
  const problem = `its owner ${entry.worker} ${owner === undefined ? 'is unknown' : owner.state === 'left' ? 'left' : 'is gone'}`;
  return [{ severity: 'note', path: pathOf(entry), problem, fix: 'the next worker adopts it' }];
}

/** What the workers that are gone left behind, and what in anybody's trash can never be recorded. */
async function workerFindings(population: Population, workers: readonly WorkerSummary[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, state } of workers) {
    const path = workerPath(name);
    if (state !== 'working' && (await isNotEmpty(population, `${path}/staging`))) {
      findings.push({
        severity: 'note',
        path: `${path}/staging`,
        problem: 'litter of a worker that is gone',
        fix: 'the next worker clears it',
      });
    }
    for (const trash of (await ifPresent(population.filesystem.list(population.path(`${path}/trash`)))) ??
      []) {
      const entry = parseTrashName(trash);
      if (entry?.tenure === undefined || entry.recorded || state === 'working') continue;
      const folder = { state: 'dead', id: entry.id, tenure: entry.tenure, killer: name } as const;
      const whole = await ifPresent(population.filesystem.list(population.path(`${path}/trash/${trash}`)));
      if (whole === undefined) continue;
      findings.push({
        severity: 'note',
        path: `${path}/trash/${trash}`,
        problem: `individual ${folder.id} was killed and is not recorded yet`,
        fix: 'the next collection records it',
      });
    }
  }
  return findings;
}

async function isNotEmpty(population: Population, below: string): Promise<boolean> {
  return ((await ifPresent(population.filesystem.list(population.path(below)))) ?? []).length > 0;
}

async function historyFindings(population: Population): Promise<Finding[]> {
  const findings: Finding[] = [];
  const living = new Set(
    [...(await population.training()), ...(await population.alive())].map(({ id }) => id),
  );
  for (const name of await population.list('history')) {
    const path = `history/${name}`;
    if (!name.endsWith('.jsonl') || !isWorkerName(name.slice(0, -'.jsonl'.length))) {
      findings.push(foreign(path));
      continue;
    }
    const data = await ifPresent(population.filesystem.read(population.path(path)));
    const lines = new TextDecoder().decode(data).split('\n');
    for (const [index, line] of lines.entries()) {
      const record = line === '' ? undefined : parseIfValid(historyRecordSchema, line, path);
      const at = `${path}:${index + 1}`;
      if (record === undefined && line !== '') {
        findings.push({
          severity: 'note',
          path: at,
          problem: 'a torn line',
          fix: 'none needed: its individual was not deleted',
        });
      }
      if (record !== undefined && living.has(record.id)) {
        findings.push({
          severity: 'error',
          path: at,
          problem: `individual ${record.id} is recorded as dead, and lives`,
          fix: 'report this',
        });
      }
    }
  }
  return findings;
}
