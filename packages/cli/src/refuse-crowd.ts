import { type Population, nodeHost, readBeat, summarize } from '@galapagos/population';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Seconds in which whoever lives beats: every two at the longest. */
const LISTEN_SECONDS = 5;

/**
 * Looks, before workers start, that there is room for them beside those that work already, on whatever machine. It is
 * a look and no promise: many that start at once do not see one another.
 * @throws UsageError when more than half of the population would be in training, since those cannot be drawn.
 */
export async function refuseCrowd(population: Population, wanted: number): Promise<void> {
  const { populationSize } = population.experiment.search;
  const most = Math.max(1, Math.floor(populationSize / 2));
  const { workers } = await summarize(population, nodeHost);
  const working = workers.filter(({ state }) => state === 'working').map(({ name }) => name);
  if (working.length + wanted <= most) return;
  // Those of other hosts that died without a word look as though they worked, but they do not beat.
  const beats = async () => await Promise.all(working.map((name) => readBeat(population, name)));
  const before = await beats();
  await population.clock.sleep(LISTEN_SECONDS);
  const after = await beats();
  const alive = working.filter((_, index) => before[index] !== after[index] && after[index] !== 'left');
  if (alive.length === 0 || alive.length + wanted <= most) return;
  throw new UsageError(
    `${population.root}: ${alive.length} already work here (${alive.slice(0, 5).join(', ')}${alive.length > 5 ? ', …' : ''}); with ${wanted} more it would be more than half of the population of ${populationSize}, and those in training cannot be drawn`,
  );
}

/** @throws UsageError when more than half of the population would be in training; warns of a crowd. */
export function refuseTooMany(
  { populationSize }: { readonly populationSize: number },
  workers: number,
  terminal: Pick<Terminal, 'err'>,
): void {
  if (workers > Math.max(1, populationSize / 2)) {
    throw new UsageError(
      `--workers ${workers}: at most half of the population of ${populationSize}, since those in training cannot be drawn`,
    );
  }
  if (workers > populationSize / 4) {
    terminal.err(
      `${workers} workers are more than a quarter of the population of ${populationSize}: few are left to draw from`,
    );
  }
}
