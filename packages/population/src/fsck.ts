import { isOrderName, orderProblems } from './control.js';
import { DIGESTS, parseDigestName } from './digest-file.js';
import { ifPresent } from './filesystem-errors.js';
import type { Finding } from './finding.js';
import { individualFindings } from './fsck-individuals.js';
import { historyFindings, workerFindings } from './fsck-leftovers.js';
import { isHistoryName } from './history-lines.js';
import type { Host } from './host.js';
import { STATES, inSeveralPlaces } from './invariants.js';
import {
  EXPERIMENT_FILE,
  type Entry,
  TOP_DIRECTORIES,
  LOST_AND_FOUND,
  isWorkerName,
  parseName,
  pathOf,
} from './layout.js';
import type { Population } from './population.js';
import { FIXES, problemsAfterAll } from './problem.js';
import { isRollName } from './roll.js';
import { summarizeWorkers } from './summary.js';

/** Of proper-lockfile: an empty directory while somebody collects. */
const LOCK = 'dead.lock';

/** What lies at the top: the layout, and the lock of whoever collects. */
const KNOWN_AT_TOP: readonly string[] = [
  ...TOP_DIRECTORIES,
  EXPERIMENT_FILE,
  LOCK,
  'logs',
  DIGESTS,
  LOST_AND_FOUND,
];

/**
 * Checks a population against what PROTOCOL.md promises; reads only. While workers run, what moves during the
 * check is looked at again before it is reported.
 */
export async function fsck(population: Population, host: Host): Promise<Finding[]> {
  const workers = await summarizeWorkers(population, host);
  return [
    ...(await foreignNames(population)),
    ...(await brokenLock(population)),
    ...(await brokenOrders(population)),
    ...(await doubled(population)),
    ...(await individualFindings(population, workers)),
    ...(await workerFindings(population, workers)),
    ...(await historyFindings(population, workers)),
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
  for (const name of await population.listIfPresent(DIGESTS))
    if (parseDigestName(name) === undefined && !isRollName(name))
      findings.push(foreign(`${DIGESTS}/${name}`, 'warning'));
  await look('control', isOrderName, 'note');
  await look('.', (name) => KNOWN_AT_TOP.includes(name), 'note');
  return findings;
}

/** What is no lock can be neither taken nor broken: nobody would collect any more. */
async function brokenLock(population: Population): Promise<Finding[]> {
  const kind = await ifPresent(population.filesystem.kind(population.path(LOCK)));
  if (kind === undefined || (kind === 'directory' && (await population.listIfPresent(LOCK)).length === 0))
    return [];
  const problem = 'not a lock: the dead cannot be collected';
  const fix = 'move it out of the experiment';
  return [{ severity: 'warning', path: LOCK, problem, fix, repair: { kind: 'set-aside', paths: [LOCK] } }];
}

/** What is no order, and stays so, is passed over by everybody. */
async function brokenOrders(population: Population): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of (await population.list('control')).filter(isOrderName)) {
    const [found] = await problemsAfterAll(() => orderProblems(population, name));
    if (found === undefined) continue;
    const path = `control/${name}`;
    const finding = {
      severity: 'warning',
      path,
      problem: `not an order, and passed over: ${found.problem}`,
      fix:
        found.cause === 'spoilt'
          ? 'move it out of the experiment, and give the order again'
          : FIXES[found.cause],
    } as const;
    const repair = { kind: 'set-aside', paths: [path] } as const;
    findings.push(found.cause === 'spoilt' ? { ...finding, repair } : finding);
  }
  return findings;
}

/** What stands for bytes that are no UTF-8: by such a name nothing can be asked for. */
const NO_CHARACTER = '\u{fffd}';

function foreign(path: string, severity: Finding['severity']): Finding {
  if (path.includes(NO_CHARACTER)) {
    const problem = 'a name that is no UTF-8; it is not counted';
    return { severity, path, problem, fix: 'move it out of the experiment by hand: a shell can name it' };
  }
  return {
    severity,
    path,
    problem: 'not a name that Galapagos gives; it is not counted',
    fix: 'move it out of the experiment',
    // A note is about what may be a person's own, or a file that is being written.
    ...(severity === 'note' ? {} : { repair: { kind: 'set-aside', paths: [path] } as const }),
  };
}

/** Ids that are in two places, in two listings one after the other: what merely moved is not in both twice. */
async function doubled(population: Population): Promise<Finding[]> {
  const first = await allPlaces(population);
  const again = new Set((await allPlaces(population)).map(pathOf));
  return inSeveralPlaces(first.filter((entry) => again.has(pathOf(entry)))).flatMap((places) => {
    const [leavesTo, ...others] = places;
    if (leavesTo === undefined) return [];
    const paths = places.map(pathOf);
    const problem = `individual ${leavesTo.id} is in ${places.length} places: ${paths.join(', ')}`;
    const fix = 'keep the one of the highest tenure';
    const repair = { kind: 'set-aside', paths: others.map(pathOf), leavesTo } as const;
    return [{ severity: 'error', path: pathOf(leavesTo), problem, fix, repair } as const];
  });
}

async function allPlaces(population: Population): Promise<Entry[]> {
  const { training, alive } = await population.living();
  return [...training, ...alive, ...(await population.dead()), ...(await population.hallOfFame())];
}
