import { DIGESTS } from './digest-file.js';
import type { Finding } from './finding.js';
import type { HistoryRecord } from './history.js';
import { LOST_AND_FOUND, type IndividualId, type WorkerName, makerOf, workerPath } from './layout.js';
import type { Population } from './population.js';
import { type WorkerSummary, sumTotals } from './summary.js';

/** What a directory says of who was ever born. */
export interface Accounts {
  /** As they were before anything else was looked at. */
  readonly workers: readonly WorkerSummary[];
  /** Those who have a folder. */
  readonly present: readonly IndividualId[];
  /** Those who are recorded. */
  readonly recorded: ReadonlySet<IndividualId>;
  /** Whose histories there are. */
  readonly historians: readonly WorkerName[];
}

/** What was taken away: workers whose individuals are here, and births of which nothing is left. */
export async function accountFindings(population: Population, accounts: Accounts): Promise<Finding[]> {
  return [...missingWorkers(accounts), ...(await missingBirths(population, accounts))];
}

/** A worker's folder stays for ever: by it its name is not given again, and budgets count what it spent. */
function missingWorkers({ workers, present, recorded, historians }: Accounts): Finding[] {
  const known = new Set(workers.map(({ name }) => name));
  const makers = [...historians, ...[...present, ...recorded].map(makerOf)];
  const missing = [...new Set(makers)].filter((name) => !known.has(name));
  return missing.sort().map((name) => ({
    severity: 'warning',
    path: workerPath(name),
    problem:
      'its folder is missing, though there are individuals of it: its births and trainings count for no budget',
    fix: 'put it back from a copy; what there is of it may go on without',
  }));
}

/**
 * A birth is counted before the child is admitted, so that who was killed in between counts one too many; and a power cut
 * may take a worker's last child, before it was on disk.
 */
async function missingBirths(
  population: Population,
  { workers, present, recorded }: Accounts,
): Promise<Finding[]> {
  const { births } = sumTotals(workers.map(({ totals }) => totals));
  const found = new Set([...present, ...recorded, ...(await setAsideIds(population))]);
  const missing = births - found.size;
  if (missing <= workers.length) return [];
  return [
    {
      severity: 'warning',
      path: 'history',
      problem: `of ${births} births ${missing} are nowhere, neither with a folder nor with a record: individuals or histories were removed`,
      fix: 'put what was removed back from a copy; without it they are lost',
    },
  ];
}

async function setAsideIds(population: Population): Promise<IndividualId[]> {
  const ids: IndividualId[] = [];
  for (const folder of await population.listIfPresent(LOST_AND_FOUND)) {
    for (const name of await population.listIfPresent(`${LOST_AND_FOUND}/${folder}`))
      ids.push(...(/(?<![0-9a-z])w[0-9]+-[0-9]+/.exec(name) ?? []));
  }
  return ids;
}

/** A record, as far as another of the same individual has to agree with it. */
export interface KnownRecord {
  readonly path: string;
  readonly bornAt: string;
}

/** Two records of one individual say the same, whoever wrote them: two who thought the other was gone may both have. */
export function doublyRecorded(
  known: KnownRecord | undefined,
  { id, birth }: HistoryRecord,
  path: string,
): Finding[] {
  if (known === undefined || known.bornAt === birth.bornAt) return [];
  const problem = `individual ${id} is recorded here, and another of that name at ${known.path}: two were given one name`;
  const fix = `keep the history of one; it comes of a folder of ${workerPath(makerOf(id))} that was removed`;
  return [{ severity: 'error', path, problem, fix }];
}

/** What only a digest still knows: the histories that it was made of are gone, or were changed. */
export function lostRecords(name: string, ids: readonly IndividualId[]): Finding {
  return {
    severity: 'error',
    path: `${DIGESTS}/${name}`,
    problem: `it knows ${ids.length} individuals of whom the histories say nothing, ${ids[0]} first`,
    fix: 'put history/ back from a copy; where there is none, keep this file: ls and lineage know them by it. If it is the file that is wrong, remove it',
  };
}
