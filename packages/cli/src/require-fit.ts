import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BRIEF, PopulationError } from '@galapagos/population';
import { examineDirectory } from './examine-directory.js';
import { quote } from './format.js';
import type { Judgement } from './judge-mount.js';
import type { Mount } from './mount-shape.js';

export interface Fit extends Pick<Mount, 'verdict' | 'settings'> {
  /** What is not as it should be, and can be lived with. */
  readonly limits: readonly Judgement[];
}

/**
 * Before anything is made: examines, briefly, the filesystem that it will be made on.
 * @returns The verdict, and what follows for the bounds of the search.
 * @throws PopulationError `UNFIT`.
 */
export async function requireFit(directory: string): Promise<Fit> {
  let existing = resolve(directory);
  while (!existsSync(existing)) existing = dirname(existing);
  const { verdict, settings, judgements } = await examineDirectory(existing, BRIEF);
  const { subject, measured, follows } = judgements.find(({ level }) => level === 'unfit') ?? {};
  const limits = judgements.filter(({ level }) => level === 'limit');
  if (verdict !== 'unfit') return { verdict, settings, limits };
  const why = `${subject}: ${measured}; ${follows} (galapagos doctor ${quote(existing)})`;
  throw new PopulationError('UNFIT', `${directory}: ${why}`);
}
