import { readTrashed } from './collect.js';
import { allEntries, trashed } from './find.js';
import { type KnownRecord, accountFindings, doublyRecorded, lostRecords } from './fsck-accounts.js';
import type { Finding } from './finding.js';
import { parseRecord } from './history.js';
import { DIGESTS, type Digest } from './digest-file.js';
import { type HistoryLine, historyFiles, linesOf, workerOf } from './history-lines.js';
import { readDigests } from './recorded.js';
import { famousWithoutRecord, livingThoughRecorded } from './invariants.js';
import {
  BIRTH_FILE,
  DNA_FILE,
  EVALUATION_FILE,
  FAILURE_FILE,
  type IndividualId,
  type TrashEntry,
  type WorkerName,
  parseTrashName,
  pathOf,
  trashName,
  trashPath,
  workerPath,
} from './layout.js';
import type { Population } from './population.js';
import { FIXES, type Problem, mayHold, problemIn, problemsAfterAll, spoilt, unanswered } from './problem.js';
import { type WorkerSummary, mayLive } from './summary.js';

type Trashed = TrashEntry & { readonly tenure: number };

const REPORT = 'report this: no crash leaves it';

/** What the workers that are gone left behind, and what in anybody's trash can never be recorded. */
export async function workerFindings(
  population: Population,
  workers: readonly WorkerSummary[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const worker of workers) {
    const staging = `${workerPath(worker.name)}/staging`;
    if (!mayLive(worker) && (await population.listIfPresent(staging)).length > 0) {
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
  worker: WorkerSummary,
  trash: Trashed,
): Promise<Finding[]> {
  const { name } = worker;
  const folder = `${workerPath(name)}/trash`;
  const path = `${folder}/${trashName(trash)}`;
  const [found] = await trashProblems(population, name, trash);
  if (found === undefined && mayLive(worker)) return [];
  if (!(await population.listIfPresent(folder)).includes(trashName(trash))) return [];
  if (found === undefined) {
    const problem = `individual ${trash.id} was killed and is not recorded yet`;
    return [
      { severity: 'note', path, problem, fix: 'the next collection records it', repair: { kind: 'sweep' } },
    ];
  }
  const problem = `individual ${trash.id} is dead, and cannot be recorded: ${found.problem}`;
  const finding = { severity: 'warning', path, problem, fix: FIXES[found.cause] } as const;
  if (found.cause !== 'spoilt') return [finding];
  const repair = { kind: 'set-aside', paths: [path] } as const;
  return [{ ...finding, fix: 'look at it, and remove it by hand', repair }];
}

/** Why it cannot be recorded. */
async function trashProblems(population: Population, owner: WorkerName, trash: Trashed): Promise<Problem[]> {
  const path = trashPath(owner, trash);
  return await problemsAfterAll(async () => {
    try {
      if ((await readTrashed(population, owner, trash)) !== undefined) return [];
      const own = `${path}/${trash.tenure}`;
      const isWhole =
        (await mayHold(population, path, DNA_FILE)) &&
        (await mayHold(population, path, BIRTH_FILE)) &&
        ((await mayHold(population, own, EVALUATION_FILE)) || (await mayHold(population, own, FAILURE_FILE)));
      return [isWhole ? unanswered('one of its files') : spoilt('its files are not whole')];
    } catch (error) {
      return [problemIn(error)];
    }
  });
}

/** Torn lines, what contradicts the records, and who is missing. */
export async function historyFindings(
  population: Population,
  workers: readonly WorkerSummary[],
): Promise<Finding[]> {
  // In the order in which individuals move, so that none is missed: then the histories.
  const present = [
    ...(await allEntries(population)),
    ...(await trashed(population)).map(({ entry }) => entry),
  ];
  // Listed before the history is read: a record is written before its individual enters the hall.
  const hall = await population.hallOfFame();
  const digests = await readDigests(population);
  const { found, places, findings, isComplete } = await readRecords(population);
  if (isComplete) findings.push(...digests.flatMap((digest) => digestFindings(digest, places)));
  // Listed after it: who is recorded does not live any more.
  const { training, alive } = await population.living();
  const isRecorded = (id: IndividualId) => found.has(id);
  const living = livingThoughRecorded([...training, ...alive], isRecorded);
  for (const id of new Set(living.map((entry) => entry.id))) {
    const path = found.get(id)?.path ?? 'history';
    const problem = `individual ${id} is recorded as dead, and lives`;
    // The record is whole, and says what it was.
    const paths = living.filter((entry) => entry.id === id).map(pathOf);
    findings.push({ severity: 'error', path, problem, fix: REPORT, repair: { kind: 'set-aside', paths } });
  }
  // What could not be read may be its record.
  for (const entry of isComplete ? famousWithoutRecord(hall, isRecorded) : []) {
    const problem = `individual ${entry.id} is in the hall of fame without a record`;
    const repair = { kind: 'record', entry } as const;
    findings.push({ severity: 'error', path: 'hall-of-fame', problem, fix: REPORT, repair });
  }
  if (isComplete) {
    const ids = present.map(({ id }) => id);
    const recorded = new Set(found.keys());
    const historians = (await historyFiles(population)).map(workerOf);
    findings.push(...(await accountFindings(population, { workers, present: ids, recorded, historians })));
  }
  return findings;
}

/** What is cut short, a power cut or a full disk leaves. What is whole JSON, and no record, somebody has written there. */
function brokenLine({ bytes }: HistoryLine, path: string): Finding {
  if (!isJson(bytes))
    return {
      severity: 'note',
      path,
      problem: 'a torn line',
      fix: 'none needed: what it was to record was not deleted',
    };
  return {
    severity: 'error',
    path,
    problem: 'not the record of an individual, though it is whole: it was changed',
    fix: 'put the line back from a copy',
  };
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}

interface RecordPlace {
  readonly id: IndividualId;
  readonly worker: WorkerName;
  readonly start: number;
}

/** Of digests that do not say what the histories say: without them lists are made of those. */
function digestFindings({ name, coverage, outlines }: Digest, places: readonly RecordPlace[]): Finding[] {
  const keyOf = ({ id, worker, start }: RecordPlace) => `${id} ${worker} ${start}`;
  const covered = places.filter(({ worker, start }) => coverage.includes(worker, start));
  const recorded = new Set(covered.map(keyOf));
  const ids = new Set(outlines.map(({ id }) => id));
  const everywhere = new Set(places.map(({ id }) => id));
  const lost = outlines.filter(({ id }) => !everywhere.has(id)).map(({ id }) => id);
  if (lost.length > 0) return [lostRecords(name, lost)];
  const wrong = [
    ...outlines.filter(({ id, place }) => !recorded.has(keyOf({ id, ...place }))),
    ...covered.filter(({ id }) => !ids.has(id)),
  ];
  if (wrong.length === 0) return [];
  const path = `${DIGESTS}/${name}`;
  const problem = `not what the histories say, of ${wrong.length} individuals, ${wrong[0]?.id} first`;
  const repair = { kind: 'set-aside', paths: [path] } as const;
  return [
    { severity: 'warning', path, problem, fix: 'remove it: it is made again from the histories', repair },
  ];
}

/** Where each is recorded; a file or a line that cannot be read does not keep the others from being read. */
async function readRecords(population: Population): Promise<{
  found: Map<IndividualId, KnownRecord>;
  places: RecordPlace[];
  findings: Finding[];
  isComplete: boolean;
}> {
  const found = new Map<IndividualId, KnownRecord>();
  const places: RecordPlace[] = [];
  const findings: Finding[] = [];
  let isComplete = true;
  const report = (path: string, error: unknown): void => {
    const { problem, cause } = problemIn(error);
    isComplete = false;
    findings.push({ severity: 'error', path, problem, fix: FIXES[cause === 'newer' ? cause : 'forbidden'] });
  };
  for (const file of await historyFiles(population)) {
    try {
      for await (const line of linesOf(population, file)) {
        const path = `history/${file}:${line.number}`;
        try {
          const record = parseRecord(population, line);
          if (record === undefined) findings.push(brokenLine(line, path));
          else {
            findings.push(...doublyRecorded(found.get(record.id), record, path));
            found.set(record.id, { path, bornAt: record.birth.bornAt });
            places.push({ id: record.id, worker: workerOf(file), start: line.start });
          }
        } catch (error) {
          report(path, error);
        }
      }
    } catch (error) {
      report(`history/${file}`, error);
    }
  }
  return { found, places, findings, isComplete };
}
