import { readPartIfPresent } from './files.js';
import { isWorkerName } from './layout.js';
import type { Population } from './population.js';

/** Bytes that are read at once: a long history is more than memory holds. */
const PART = 8 * 2 ** 20;
const NEWLINE = 0x0a;

/** One line of a file of the history, without its newline; it may be torn. */
export interface HistoryLine {
  /** The file's name in `history/`. */
  readonly file: string;
  /** From 1. */
  readonly number: number;
  /** Where in the file it begins. */
  readonly start: number;
  /** Valid until the next line is asked for. */
  readonly bytes: Buffer;
}

/** Whether a name in `history/` is one of ours. */
export function isHistoryName(name: string): boolean {
  return name.endsWith('.jsonl') && isWorkerName(name.slice(0, -'.jsonl'.length));
}

/** The names of the workers' files. */
export async function historyFiles(population: Population): Promise<string[]> {
  return (await population.list('history')).filter(isHistoryName);
}

/** Every line of every worker's file. */
export async function* allLines(population: Population): AsyncGenerator<HistoryLine> {
  for (const name of await historyFiles(population)) yield* linesOf(population, name);
}

/** The lines of one file, empty ones left out. */
export async function* linesOf(population: Population, file: string): AsyncGenerator<HistoryLine> {
  let carry: Buffer = Buffer.alloc(0);
  let start = 0;
  let number = 1;
  for (let offset = 0; ;) {
    const part = await readLine(population, file, offset, PART);
    if (part === undefined || part.length === 0) break;
    offset += part.length;
    const data = carry.length === 0 ? part : Buffer.concat([carry, part]);
    let begin = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, begin)) {
      if (end > begin) yield { file, number, start: start + begin, bytes: data.subarray(begin, end) };
      number++;
      begin = end + 1;
    }
    carry = data.subarray(begin);
    start += begin;
  }
  // Without its newline alone a record is whole.
  if (carry.length > 0) yield { file, number, start, bytes: carry };
}

/** The bytes of one line whose place is known; undefined where the file is gone. */
export async function readLine(
  population: Population,
  file: string,
  start: number,
  length: number,
): Promise<Buffer | undefined> {
  const path = population.path(`history/${file}`);
  const data = await readPartIfPresent(population.filesystem, path, start, length);
  return data === undefined ? undefined : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
