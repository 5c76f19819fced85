import { writeFileSync } from 'node:fs';
import type { Terminal } from './terminal.js';

/**
 * Notes in a file of this machine, the one that GALAPAGOS_HEALTH_FILE names, that the worker beats: whoever watches over a
 * container sees by its age that the worker lives, without a look at the directory of the search.
 */
export function beatsInto(
  path: string | undefined,
  terminal: Pick<Terminal, 'err'>,
): (() => void) | undefined {
  if (path === undefined || path === '') return undefined;
  let isTold = false;
  return () => {
    try {
      writeFileSync(path, '');
    } catch (error) {
      // It works all the same.
      if (!isTold) terminal.err(`GALAPAGOS_HEALTH_FILE: ${(error as Error).message}`);
      isTold = true;
    }
  };
}
