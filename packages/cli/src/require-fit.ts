import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BRIEF, PopulationError } from '@galapagos/population';
import { examineDirectory } from './examine-directory.js';
import { quote } from './format.js';
import type { Mount } from './mount-shape.js';

/**
 * Before anything is made: examines, briefly, the filesystem that it will be made on.
 * @returns What follows for the bounds of the search.
 * @throws PopulationError `UNFIT`.
 */
export async function requireFit(directory: string): Promise<Mount['settings']> {
  let existing = resolve(directory);
  while (!existsSync(existing)) existing = dirname(existing);
  const { verdict, settings, judgements } = await examineDirectory(existing, BRIEF);
  const { subject, measured, follows } = judgements.find(({ level }) => level === 'unfit') ?? {};
  if (verdict !== 'unfit') return settings;
  const why = `${subject}: ${measured}; ${follows} (galapagos doctor ${quote(existing)})`;
  throw new PopulationError('UNFIT', `${directory}: ${why}`);
}
