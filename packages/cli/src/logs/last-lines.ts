import { type FileHandle, open } from 'node:fs/promises';
import { READING, errorCode, isMissing } from '@galapagos/population';

const CHUNK = 65_536;
/** Bytes of a line beyond which it is no line of a log. */
const LONGEST = 1e6;

/** Lines of a file, and where it stood then. */
export interface LastLines {
  readonly lines: string[];
  /** Where the last whole line ends: what comes later is to be read from there. */
  readonly end: number;
  /** Which file it was; undefined where there was none. */
  readonly inode: number | undefined;
}

/**
 * The last lines of a file that one wants, in their order. Read backwards, a chunk at a time: the end of a long log
 * costs no more than that of a short one.
 */
export async function lastLines(
  path: string,
  count: number,
  isWanted: (line: string) => boolean,
): Promise<LastLines> {
  return (
    (await withFile(path, async (file) => {
      const { size, ino: inode } = await file.stat();
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
      return { lines: lines.reverse(), end, inode };
    })) ?? { lines: [], end: 0, inode: undefined }
  );
}

/** Undefined where there is no such file (any more). */
export async function withFile<T>(
  path: string,
  use: (file: FileHandle) => Promise<T>,
): Promise<T | undefined> {
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
