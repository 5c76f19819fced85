import { open, writeFile } from 'node:fs/promises';
import { errorCode, isMissing } from '@galapagos/population';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';
import { visible } from './visible.js';

/** Writes text into a file that a flag names, or to stdout for `-`. @throws UsageError when it cannot be written. */
export async function writeOutput(
  terminal: Terminal,
  flag: string,
  file: string,
  text: string,
): Promise<void> {
  if (file === '-') {
    terminal.out(text);
    return;
  }
  if (file === '') throw new UsageError(`--${flag}: the name of a file, or - for stdout`);
  await refuseOther(flag, file, '<');
  try {
    await writeFile(file, `${visible(text)}\n`);
  } catch (error) {
    throw new UsageError(`--${flag} ${file}: cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
  terminal.err(`${file}: written`);
}

/** What a PNG file begins with. */
export const PNG_BEGIN = '\x89PNG';

/**
 * A file replaces one of its kind, and nothing else that a slip of the hand may have named.
 * @param begin How a file of its kind begins, in Latin-1.
 * @throws UsageError.
 */
export async function refuseOther(flag: string, file: string, begin: string): Promise<void> {
  let found: string;
  try {
    found = await beginOf(file, begin.length);
  } catch (error) {
    if (isMissing(error)) return;
    throw new UsageError(`--${flag} ${file}: cannot be replaced (${errorCode(error)})`, { cause: error });
  }
  if (found === '' || found === begin) return;
  throw new UsageError(`--${flag} ${file}: is there already, and is something else; it is not replaced`);
}

async function beginOf(file: string, length: number): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
