import { DnaError } from '@galapagos/dna';
import { PopulationError } from './errors.js';
import { errorCode, isMissing, unfit } from './filesystem-errors.js';
import type { Population } from './population.js';

/** What is wrong with a file: with it, with this version, or with whoever may read it at this moment. */
export interface Problem {
  readonly problem: string;
  readonly cause: 'spoilt' | 'newer' | 'forbidden';
}

/** What a person can do about it. Only what is spoilt is ever moved. */
export const FIXES: Readonly<Record<Problem['cause'], string>> = {
  spoilt: 'move it out of the experiment; the population refills by itself',
  newer: 'update Galapagos: a newer version wrote it',
  forbidden: 'make it readable, and look again',
};

export function spoilt(problem: string): Problem {
  return { problem, cause: 'spoilt' };
}

/** What is listed, and says when it is read that it is not there, as NFS does for a while of what was replaced. */
export function unanswered(what: string): Problem {
  return { problem: `${what} is there, and cannot be read`, cause: 'forbidden' };
}

/**
 * Whether a file lies in a directory, or may do so: on Gluster one that two have renamed at once may answer ESTALE,
 * with all in it, until it is renamed once more.
 * @param folder Below the experiment.
 */
export async function mayHold(population: Population, folder: string, name: string): Promise<boolean> {
  const path = population.path(folder);
  try {
    return (await population.filesystem.list(path)).includes(name);
  } catch (error) {
    if (errorCode(error) === 'ESTALE') return true;
    if (isMissing(error)) return false;
    throw unfit(path, error);
  }
}

/** What an error says of what was read; others are to be looked at all the same. @throws any other error. */
export function problemIn(error: unknown): Problem {
  if (error instanceof DnaError)
    return { problem: error.message, cause: error.code === 'DNA_NEWER' ? 'newer' : 'spoilt' };
  if (!(error instanceof PopulationError)) throw error;
  const causes = { INVALID: 'spoilt', NEWER_FORMAT: 'newer' } as const;
  const cause = error.code in causes ? causes[error.code as keyof typeof causes] : 'forbidden';
  return { problem: error.message, cause };
}

/** What is wrong, looked at twice: what has moved meanwhile, or was answered from a cache, is not wrong. */
export async function problemsAfterAll(look: () => Promise<Problem[]>): Promise<Problem[]> {
  return (await look()).length === 0 ? [] : await look();
}
