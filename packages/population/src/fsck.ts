import type { Finding } from './finding.js';
import { individualFindings } from './fsck-individuals.js';
import { historyFindings, workerFindings } from './fsck-leftovers.js';
import { isHistoryName } from './history-lines.js';
import type { Host } from './host.js';
import {
  EXPERIMENT_FILE,
  type Entry,
  type IndividualId,
  TOP_DIRECTORIES,
  isWorkerName,
  parseName,
} from './layout.js';
import type { Population } from './population.js';
import { summarize } from './summary.js';

const STATES = ['training', 'alive', 'dead', 'hall-of-fame'] as const satisfies Entry['state'][];

/** What lies at the top: the layout, and the lock of whoever collects. */
const KNOWN_AT_TOP: readonly string[] = [...TOP_DIRECTORIES, EXPERIMENT_FILE, 'dead.lock', 'logs'];

/**
 * Checks a population against what PROTOCOL.md promises; reads only. While workers run, what moves during the
 * check is looked at again before it is reported.
 */
export async function fsck(population: Population, host: Host): Promise<Finding[]> {
  const { workers } = await summarize(population, host);
  return [
    ...(await foreignNames(population)),
    ...(await doubled(population)),
    ...(await individualFindings(population, workers)),
    ...(await workerFindings(population, workers)),
    ...(await historyFindings(population)),
  ];
}

async function foreignNames(population: Population): Promise<Finding[]> {
  const findings: Finding[] = [];
  const look = async (below: string, isOurs: (name: string) => boolean, severity: Finding['severity']) => {
    for (const name of await population.list(below)) {
      if (!isOurs(name)) findings.push(foreign(below === '.' ? name : `${below}/${name}`, severity));
    }
  };
  for (const state of STATES) await look(state, (name) => parseName(state, name) !== undefined, 'warning');
  await look('workers', isWorkerName, 'warning');
  await look('history', isHistoryName, 'warning');
  await look('control', (name) => /^[0-9]{6}$/.test(name), 'note');
  await look('.', (name) => KNOWN_AT_TOP.includes(name), 'note');
  return findings;
}

function foreign(path: string, severity: Finding['severity']): Finding {
  return {
    severity,
    path,
    problem: 'not a name that Galapagos gives; it is not counted',
    fix: 'move it out of the experiment',
  };
}

/** Ids that are in two places, in two listings one after the other: what merely moved is not in both twice. */
async function doubled(population: Population): Promise<Finding[]> {
  const first = await placesOf(population);
  const again = await placesOf(population);
  return [...first].flatMap(([id, seen]) => {
    const places = seen.filter((place) => again.get(id)?.includes(place));
    if (places.length < 2) return [];
    const problem = `individual ${id} is in ${places.length} places: ${places.join(', ')}`;
    const fix = 'keep the one of the highest tenure';
    return [{ severity: 'error', path: places[0] ?? id, problem, fix } as const];
  });
}

async function placesOf(population: Population): Promise<Map<IndividualId, string[]>> {
  const places = new Map<IndividualId, string[]>();
  for (const state of STATES) {
    for (const name of new Set(await population.list(state))) {
      const entry = parseName(state, name);
      if (entry !== undefined) places.set(entry.id, [...(places.get(entry.id) ?? []), `${state}/${name}`]);
    }
  }
  return places;
}
