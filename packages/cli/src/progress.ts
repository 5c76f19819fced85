import { type LeftWorkers, type Population, nodeHost, summarize } from '@galapagos/population';
import { clockTime, percent } from './format.js';
import { patience } from './patience.js';
import type { Terminal } from './terminal.js';

/** Seconds between two lines of progress: on a terminal it is redrawn, in a pipe lines are added. */
const REDRAW_SECONDS = 1;
const LINE_SECONDS = 15;

/**
 * Shows how a search goes until it is told to end.
 * @param launch The time that it has, undefined where there is no limit; and whether its workers wait for room.
 * @throws PopulationError `NO_EXPERIMENT` when it is gone.
 */
export async function showProgress(
  population: Population,
  terminal: Terminal,
  launch: { readonly seconds: number | undefined; readonly isWaiting: () => boolean },
  ended: AbortSignal,
): Promise<void> {
  const { clock } = population;
  const startedAt = clock.monotonic();
  const patiently = patience(terminal);
  const left: LeftWorkers = new Map();
  const before = (await patiently(() => summarize(population, nodeHost, left)))?.totals.published ?? 0;
  let lineAt = startedAt;
  for (;;) {
    await clock.sleep(REDRAW_SECONDS, ended);
    if (ended.aborted) return;
    const now = clock.monotonic();
    if (!terminal.isWatched && now - lineAt < LINE_SECONDS) continue;
    lineAt = now;
    const line = await patiently(() =>
      progressLine(population, left, before, now - startedAt, launch.seconds),
    );
    if (ended.aborted) return;
    if (line === undefined) continue;
    const whole = launch.isWaiting() ? `no room · ${line}` : line;
    if (terminal.isWatched) terminal.status(whole);
    else terminal.err(whole);
  }
}

/** What matters most comes first: a narrow terminal cuts the line. */
async function progressLine(
  population: Population,
  left: LeftWorkers,
  before: number,
  elapsed: number,
  seconds: number | undefined,
): Promise<string> {
  const { size, setPoint, totals, best, pausedSince } = await summarize(population, nodeHost, left);
  const fitness = best !== undefined && 'fitness' in best ? best.fitness : undefined;
  const failures = Object.values(totals.failures).reduce((sum, count) => sum + count, 0);
  return [
    ...(pausedSince === undefined ? [] : ['paused']),
    seconds === undefined ? clockTime(elapsed) : `${clockTime(Math.max(0, seconds - elapsed))} left`,
    `population ${size}/${setPoint}`,
    `births ${totals.births}`,
    `kills ${totals.kills}`,
    `best ${fitness === undefined ? '–' : percent(fitness)}`,
    `${Math.round((totals.published - before) / (elapsed / 60))}/min`,
    ...(failures > 0 ? [`failures ${failures}`] : []),
  ].join(' · ');
}
