import { hostname } from 'node:os';
import { type Population, nodeHost, summarize } from '@galapagos/population';
import { patience } from '../patience.js';
import type { Terminal } from '../terminal.js';

/** Seconds after which one wants to know, and between two times that it is said. */
const FIRST = 1;
const AGAIN = 15;

/**
 * Says, once a launch was told to end, whom it still waits for.
 * @param pids Those of the workers that run, as they are at any time.
 */
export async function tellWaiting(
  population: Population,
  pids: ReadonlyMap<number, number>,
  terminal: Terminal,
  stopping: AbortSignal,
  ended: AbortSignal,
): Promise<void> {
  const { clock } = population;
  const patiently = patience(terminal);
  await new Promise<void>((resolve) => {
    for (const signal of [stopping, ended]) {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
  for (let wait = FIRST; ; wait = AGAIN) {
    await clock.sleep(wait, ended);
    if (ended.aborted) return;
    const names = await patiently(() => namesOf(population, new Set(pids.values())));
    if (!ended.aborted && names !== undefined && names.length > 0)
      terminal.err(`waiting for ${names.join(', ')} to checkpoint`);
  }
}

async function namesOf(population: Population, pids: ReadonlySet<number>): Promise<string[]> {
  const { workers, training } = await summarize(population, nodeHost);
  return workers
    .filter(
      ({ state, document }) => state === 'working' && document?.host === hostname() && pids.has(document.pid),
    )
    .map(({ name }) => {
      const own = training.find(({ worker }) => worker === name);
      return own === undefined ? name : `${name} (${own.id})`;
    });
}
