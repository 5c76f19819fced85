import { type FileHandle, open } from 'node:fs/promises';
import { type Population, READING, errorCode, isMissing } from '@galapagos/population';

/** The log of one slot of a launch: what the workers that filled it wrote, one after the other. */
export interface SlotLog {
  /** The name of the launch's folder, which begins with its time. */
  readonly launch: string;
  readonly slot: number;
  readonly path: string;
}

/** The launches that have left logs, the newest first. */
export async function launchesOf(population: Population): Promise<string[]> {
  return (await population.listIfPresent('logs')).toSorted().reverse();
}

/** The logs of a launch, by slot. */
export async function slotLogsOf(population: Population, launch: string): Promise<SlotLog[]> {
  const names = await population.listIfPresent(`logs/${launch}`);
  return names
    .flatMap((name) => {
      const [, slot] = /^slot-([0-9]+)\.log$/.exec(name) ?? [];
      const path = population.path(`logs/${launch}/${name}`);
      return slot === undefined ? [] : [{ launch, slot: Number(slot), path }];
    })
    .sort((a, b) => a.slot - b.slot);
}

const CHUNK = 65_536;
/** Bytes of a line beyond which it is no line of a log. */
const LONGEST = 1e6;

/**
 * The last lines of a file that one wants, in their order. Read backwards, a chunk at a time: the end of a long log
 * costs no more than that of a short one.
 * @returns The lines, and where the last whole line ends: what comes later is to be read from there.
 */
export async function lastLines(
  path: string,
  count: number,
  isWanted: (line: string) => boolean,
): Promise<{ lines: string[]; end: number }> {
  return (
    (await withFile(path, async (file) => {
      const { size } = await file.stat();
      const lines: string[] = [];
      let rest = Buffer.alloc(0);
      let end = 0;
      for (let start = size; start > 0 && (lines.length < count || end === 0);) {
        const length = Math.min(CHUNK, start);
        start -= length;
        const chunk = Buffer.alloc(length);
        await file.read(chunk, 0, length, start);
        if (end === 0 && chunk.includes(0x0a)) end = start + chunk.lastIndexOf(0x0a) + 1;
        const text = Buffer.concat([chunk, rest.length > LONGEST ? Buffer.alloc(0) : rest]);
        const first = start === 0 ? -1 : text.indexOf(0x0a);
        // All but the first, which may begin in the chunk before.
        rest = start === 0 ? Buffer.alloc(0) : text.subarray(0, first < 0 ? text.length : first);
        const whole =
          start > 0 && first < 0
            ? []
            : text
                .subarray(first + 1)
                .toString()
                .split('\n');
        for (const line of whole.reverse()) {
          if (line !== '' && lines.length < count && isWanted(line)) lines.push(line);
        }
      }
      return { lines: lines.reverse(), end };
    })) ?? { lines: [], end: 0 }
  );
}

/** Bytes that are read at once; a line that is as long is none of a log, and left out. */
const PART = 16 * CHUNK;

/** What is written to a file from now on. Goes on from the beginning where the file is another, or was cut. */
export class Tail {
  #inode: number | undefined;
  /** Whether it stands within a line of which the beginning was left out. */
  #isWithin = false;

  constructor(
    readonly log: SlotLog,
    private offset: number,
  ) {}

  /** The whole lines that have come since. */
  async read(): Promise<string[]> {
    const lines = await withFile(this.log.path, async (file) => {
      const { size, ino } = await file.stat();
      if (size < this.offset || (this.#inode ?? ino) !== ino) {
        this.offset = 0;
        this.#isWithin = false;
      }
      this.#inode = ino;
      const part = Buffer.alloc(Math.min(size - this.offset, PART));
      const { bytesRead } = await file.read(part, 0, part.length, this.offset);
      return this.#linesOf(part.subarray(0, bytesRead));
    });
    return (lines ?? []).filter((line) => line !== '');
  }

  #linesOf(data: Buffer): string[] {
    const end = data.lastIndexOf(0x0a) + 1;
    if (end === 0 && data.length === PART) {
      this.#isWithin = true;
      this.offset += PART;
      return [];
    }
    this.offset += end;
    const lines = data.subarray(0, end).toString().split('\n');
    if (this.#isWithin && end > 0) {
      this.#isWithin = false;
      return lines.slice(1);
    }
    return lines;
  }
}

/** Undefined where there is no such file (any more). */
async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, READING);
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ELOOP') return undefined;
    throw error;
  }
  try {
    // A pipe, a directory: nothing that a launcher writes.
    return (await file.stat()).isFile() ? await use(file) : undefined;
  } finally {
    await file.close();
  }
}
