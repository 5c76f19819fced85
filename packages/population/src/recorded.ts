import { Coverage, type Range } from './coverage.js';
import {
  DIGESTS,
  type Digest,
  type Place,
  type RecordedOutline,
  parseDigestName,
  readDigest,
} from './digest-file.js';
import { historyFiles, linesOf, readLine, workerOf } from './history-lines.js';
import { parseRecord } from './history.js';
import { type Individual, fromRecord } from './individual.js';
import { type IndividualId, type WorkerName, historyFile } from './layout.js';
import { parseOutline } from './outline.js';
import type { Population } from './population.js';

/** Looks at the digests: what was put together with others meanwhile is found in the next. */
const LOOKS = 3;

/**
 * The outlines of all records: those of the digests, and what is in the histories only. One may be among them twice:
 * two who thought that the other was gone may both have recorded it.
 * @throws PopulationError `NEWER_FORMAT`, `UNFIT` when something cannot be read.
 */
export async function recordedOutlines(population: Population): Promise<RecordedOutline[]> {
  // Before the histories: what is recorded meanwhile is found there.
  const digests = await readDigests(population);
  const coverage = coverageOf(digests);
  const outlines = digests.flatMap((digest) => digest.outlines);
  for (const worker of await historyWorkers(population)) {
    for (const gap of coverage.gaps(worker)) {
      for await (const { outline } of outlinesIn(population, worker, gap))
        if (outline !== undefined) outlines.push(outline);
    }
  }
  return outlines;
}

/** How many records no digest has yet. */
export async function countUndigested(population: Population): Promise<number> {
  const coverage = coverageOf(await readDigests(population));
  let count = 0;
  for (const worker of await historyWorkers(population)) {
    for (const gap of coverage.gaps(worker))
      for await (const { isEnded } of linesOf(population, historyFile(worker), gap)) count += Number(isEnded);
  }
  return count;
}

/** All files of digests that can be read, or those of them whose names are asked for. */
export async function readDigests(
  population: Population,
  isAskedFor: (name: string) => boolean = () => true,
): Promise<Digest[]> {
  const digests = new Map<string, Digest | undefined>();
  for (let look = 0; look < LOOKS; look++) {
    const names = (await digestNames(population)).filter((name) => isAskedFor(name) && !digests.has(name));
    if (names.length === 0) break;
    for (const name of names) digests.set(name, await readDigest(population, name));
  }
  return [...digests.values()].filter((digest) => digest !== undefined);
}

/** The names of the files of digests, also of those that were never finished. */
export async function digestNames(population: Population): Promise<string[]> {
  const names = await population.listIfPresent(DIGESTS);
  return names.filter((name) => parseDigestName(name) !== undefined).sort();
}

/** The lines of a part of a history, with their outlines; undefined where a line is torn. */
export async function* outlinesIn(
  population: Population,
  worker: WorkerName,
  range: Range,
): AsyncGenerator<{ outline: RecordedOutline | undefined; range: Range; isEnded: boolean }> {
  for await (const line of linesOf(population, historyFile(worker), range)) {
    const { start, bytes, isEnded } = line;
    const parsed = parseOutline(population, line);
    const place: Place = { worker, start, length: bytes.length };
    const outline = parsed === undefined ? undefined : ({ ...parsed, state: 'collected', place } as const);
    yield { outline, range: [start, start + bytes.length + 1], isEnded };
  }
}

/** Those who have a history. */
export async function historyWorkers(population: Population): Promise<WorkerName[]> {
  return (await historyFiles(population)).map(workerOf);
}

/** The individual whose record stands there; undefined where there is another, or none that is whole. */
export async function readRecorded(
  population: Population,
  id: IndividualId,
  { worker, start, length }: Place,
): Promise<Individual | undefined> {
  const file = historyFile(worker);
  const bytes = await readLine(population, file, start, length);
  const record = bytes === undefined ? undefined : parseRecord(population, { file, bytes });
  return record?.id === id ? fromRecord(record) : undefined;
}

/** What all of them cover together. */
export function coverageOf(digests: readonly Pick<Digest, 'coverage'>[]): Coverage {
  const all = new Coverage();
  for (const { coverage } of digests) all.addAll(coverage);
  return all;
}
