import { DOCUMENT_LIMIT } from './documents.js';
import { readPartIfPresent } from './files.js';
import type { Range } from './coverage.js';
import { type WorkerName, isWorkerName } from './layout.js';
import type { Population } from './population.js';

/** Bytes that are read at once: a long history is more than memory holds. */
const PART = 8 * 2 ** 20;
const SHORT_PART = 2 ** 16;
/** Bytes beyond which a line is no record: a record holds documents, of which none comes near to {@link DOCUMENT_LIMIT}. */
const LONGEST = 4 * DOCUMENT_LIMIT;
/** Bytes that are kept of what is too long. */
const CUT = 100;
const NEWLINE = 0x0a;

/** One line of a file of the history, without its newline; it may be torn. */
export interface HistoryLine {
  /** The file's name in `history/`. */
  readonly file: string;
  /** From 1, counted from where the reading began. */
  readonly number: number;
  /** Where in the file it begins. */
  readonly start: number;
  /** Valid until the next line is asked for. */
  readonly bytes: Buffer;
  /** Whether its newline is there. */
  readonly isEnded: boolean;
}

/** Whether a name in `history/` is one of ours. */
export function isHistoryName(name: string): boolean {
  return name.endsWith('.jsonl') && isWorkerName(workerOf(name));
}

/** Whose file it is. */
export function workerOf(name: string): WorkerName {
  return name.slice(0, -'.jsonl'.length);
}

/** The names of the workers' files. */
export async function historyFiles(population: Population): Promise<string[]> {
  return (await population.list('history')).filter(isHistoryName);
}

/**
 * The lines of one file, empty ones left out.
 * @param from Where a line begins. @param to Where one ends; what follows is not read. @default all of the file
 */
export async function* linesOf(
  population: Population,
  file: string,
  [from, to]: Range = [0, Infinity],
): AsyncGenerator<HistoryLine> {
  let carry: Buffer = Buffer.alloc(0);
  let start = from;
  let number = 1;
  // Most of what is asked for is all of a long file, or the short end of one.
  let part = from === 0 ? PART : SHORT_PART;
  for (let offset = from; offset < to;) {
    const bytes = await readLine(population, file, offset, Math.min(part, to - offset));
    if (bytes === undefined || bytes.length === 0) break;
    part = PART;
    offset += bytes.length;
    const data = carry.length === 0 ? bytes : Buffer.concat([carry, bytes]);
    let begin = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, begin)) {
      if (end > begin)
        yield { file, number, start: start + begin, bytes: data.subarray(begin, end), isEnded: true };
      number++;
      begin = end + 1;
    }
    carry = data.subarray(begin);
    start += begin;
    // What has no end is not kept: its beginning alone is a torn line.
    if (carry.length > LONGEST) {
      start += carry.length - CUT;
      carry = Buffer.from(carry.subarray(0, CUT));
    }
  }
  // Without its newline alone a record is whole.
  if (carry.length > 0) yield { file, number, start, bytes: carry, isEnded: false };
}

/** The bytes of one line whose place is known; undefined where the file is gone. */
export async function readLine(
  population: Population,
  file: string,
  start: number,
  length: number,
): Promise<Buffer | undefined> {
  const path = population.path(`history/${file}`);
  const data = await readPartIfPresent(population.filesystem, path, start, Math.min(length, LONGEST));
  return data === undefined ? undefined : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
