import { readTrashed } from './collect.js';
import type { Finding } from './finding.js';
import { parseRecord } from './history.js';
import { allLines } from './history-lines.js';
import { type TrashEntry, parseTrashName, pathOf, trashName, workerPath } from './layout.js';
import type { Population } from './population.js';
import type { WorkerSummary } from './summary.js';

const REPORT = 'report this: no crash leaves it';

/** What the workers that are gone left behind, and what in anybody's trash can never be recorded. */
export async function workerFindings(
  population: Population,
  workers: readonly WorkerSummary[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const worker of workers) {
    const staging = `${workerPath(worker.name)}/staging`;
    if (worker.state !== 'working' && (await population.listIfPresent(staging)).length > 0) {
      findings.push({
        severity: 'note',
        path: staging,
        problem: 'litter of a worker that is gone',
        fix: 'the next worker clears it',
        repair: { kind: 'sweep' },
      });
    }
    for (const name of await population.listIfPresent(`${workerPath(worker.name)}/trash`)) {
      const trash = parseTrashName(name);
      if (trash?.tenure === undefined || trash.recorded) continue;
      findings.push(...(await trashFindings(population, worker, { ...trash, tenure: trash.tenure })));
    }
  }
  return findings;
}

async function trashFindings(
  population: Population,
  { name, state }: WorkerSummary,
  trash: TrashEntry & { readonly tenure: number },
): Promise<Finding[]> {
  const folder = `${workerPath(name)}/trash`;
  const path = `${folder}/${trashName(trash)}`;
  const readable = (await readTrashed(population, name, trash)) !== undefined;
  if (readable && state === 'working') return [];
  if (!(await population.listIfPresent(folder)).includes(trashName(trash))) return [];
  if (readable) {
    const problem = `individual ${trash.id} was killed and is not recorded yet`;
    return [
      { severity: 'note', path, problem, fix: 'the next collection records it', repair: { kind: 'sweep' } },
    ];
  }
  const problem = `individual ${trash.id} is dead, and cannot be recorded: its files are not whole`;
  const repair = { kind: 'set-aside', paths: [path] } as const;
  return [{ severity: 'warning', path, problem, fix: 'look at it, and remove it by hand', repair }];
}

/** Torn lines, and what contradicts the records. */
export async function historyFindings(population: Population): Promise<Finding[]> {
  // Listed before the history is read: a record is written before its individual enters the hall.
  const hall = await population.hallOfFame();
  const found = new Map<string, string>();
  const findings: Finding[] = [];
  for await (const line of allLines(population)) {
    const record = parseRecord(population, line);
    const path = `history/${line.file}:${line.number}`;
    if (record !== undefined) found.set(record.id, path);
    else {
      const fix = 'none needed: what it was to record was not deleted';
      findings.push({ severity: 'note', path, problem: 'a torn line', fix });
    }
  }
  // Listed after it: who is recorded does not live any more.
  const { training, alive } = await population.living();
  const living = [...training, ...alive];
  for (const id of new Set(living.map((entry) => entry.id))) {
    const path = found.get(id);
    if (path === undefined) continue;
    const problem = `individual ${id} is recorded as dead, and lives`;
    // The record is whole, and says what it was.
    const paths = living.filter((entry) => entry.id === id).map(pathOf);
    findings.push({ severity: 'error', path, problem, fix: REPORT, repair: { kind: 'set-aside', paths } });
  }
  for (const entry of hall) {
    if (found.has(entry.id)) continue;
    const problem = `individual ${entry.id} is in the hall of fame without a record`;
    const repair = { kind: 'record', entry } as const;
    findings.push({ severity: 'error', path: 'hall-of-fame', problem, fix: REPORT, repair });
  }
  return findings;
}
