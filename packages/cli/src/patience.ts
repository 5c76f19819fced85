import { PopulationError } from '@galapagos/population';
import type { Terminal } from './terminal.js';

/**
 * Reads of an experiment that workers go on with: a network mount may fail for a while, which is told once and then
 * waited for.
 * @param options.evenGone Waits as well where it is gone: a mount may be so for a while.
 * @returns Does a piece of work; undefined where the experiment did not answer.
 * @throws PopulationError `NO_EXPERIMENT` when it is gone.
 */
export function patience(
  terminal: Terminal,
  { evenGone = false } = {},
): <T>(work: () => Promise<T>) => Promise<T | undefined> {
  let isTold = false;
  return async (work) => {
    try {
      const result = await work();
      isTold = false;
      return result;
    } catch (error) {
      if (!evenGone && error instanceof PopulationError && error.code === 'NO_EXPERIMENT') throw error;
      const { messageOf } = await import('./failures.js');
      if (!isTold) terminal.err(`the experiment does not answer: ${messageOf(error)}`);
      isTold = true;
      return undefined;
    }
  };
}
