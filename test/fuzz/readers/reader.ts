import { readFileSync, writeFileSync } from 'node:fs';
import { SeededRandom } from '@galapagos/dna';
import { spoil } from '../hostile-bytes.js';

/** One reader of what others have written. */
export interface Reader {
  readonly name: string;
  /** Spoils a valid sample, and reads it. @throws what the reader throws. */
  readonly read: (random: SeededRandom) => Promise<unknown>;
}

/** What a reader may say: of a documented kind, and short enough to be read. */
const EXPECTED = [
  'PopulationError',
  'DnaError',
  'ShapeError',
  'DatasetError',
  'WeightsFileError',
  'UsageError',
];

const LONGEST_MESSAGE = 5000;

/** Thrown when a reader did what none may do. */
export class Finding extends Error {}

/**
 * One case: a sample that is spoilt as the seed says.
 * @returns How it ended: `valid`, or the kind of the error.
 * @throws Finding.
 */
export async function fuzzReader({ read }: Reader, seed: string): Promise<string> {
  // Of the processor: a machine that is busy with other things is no fault of a reader.
  const before = process.cpuUsage();
  let ended = 'valid';
  try {
    await read(new SeededRandom(seed));
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Finding) throw error;
    if (!EXPECTED.includes(error.name)) throw new Finding(String(error.stack), { cause: error });
    if (error.message.length > LONGEST_MESSAGE)
      throw new Finding(`a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`);
    ended = error.name;
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  if (seconds > 20) throw new Finding(`it took ${seconds.toFixed(1)} s`);
  return ended;
}

export const image = { height: 8, width: 8, channels: 1 };

export async function withSpoilt(
  file: string,
  kind: 'json' | 'lines' | 'bytes' | 'text',
  random: SeededRandom,
  use: () => Promise<void>,
): Promise<void> {
  const whole = readFileSync(file);
  try {
    writeFileSync(file, spoil(whole, kind, random));
    await use();
  } finally {
    writeFileSync(file, whole);
  }
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
