import { writeFile } from 'node:fs/promises';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

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
  try {
    await writeFile(file, `${text}\n`);
  } catch (error) {
    throw new UsageError(`--${flag} ${file}: cannot be written: ${String(error)}`, { cause: error });
  }
  terminal.err(`${file}: written`);
}
