import { lstat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Population, type Summary, errorCode } from '@galapagos/population';
import { unlessMissing } from './disk-use.js';
import { lastLines, launchesOf, slotLogsOf } from './log-files.js';

/** Seconds in which nobody leaves a file half written, and every launch that goes on has logged something or died. */
const SETTLED_SECONDS = 3600;

/** What lies about and no worker looks after: paths below the experiment. */
export interface Leftovers {
  /** Files that were written aside, by somebody who died before they had their name. */
  readonly asides: readonly string[];
  /** Folders in `logs/` of launches that are over. */
  readonly logs: readonly string[];
}

/** @param keep How many of the newest launches keep their logs. */
export async function findLeftovers(
  population: Population,
  workers: Summary['workers'],
  keep: number,
): Promise<Leftovers> {
  const asides: string[] = [];
  for (const below of ['control', 'tests', '.']) {
    for (const name of await population.listIfPresent(below)) {
      const path = below === '.' ? name : `${below}/${name}`;
      if (name.endsWith('.new') && (await isSettled(population, path))) asides.push(path);
    }
  }
  for (const { name } of workers.filter(({ state }) => state !== 'working')) {
    const names = await population.listIfPresent(`workers/${name}`);
    asides.push(...names.filter((file) => file.endsWith('.new')).map((file) => `workers/${name}/${file}`));
  }
  const logs: string[] = [];
  for (const launch of (await launchesOf(population)).slice(keep)) {
    if (await isOver(population, launch, workers)) logs.push(`logs/${launch}`);
  }
  return { asides, logs };
}

/**
 * Whether a launch has ended for certain: it wrote nothing for an hour, its launcher does not run here, and the
 * worker that last wrote to each of its logs has left or is gone.
 */
async function isOver(population: Population, launch: string, workers: Summary['workers']): Promise<boolean> {
  const [, host = '', pid = ''] = /^[^-]+-[^-]+-[^-]+-(.*)-([0-9]+)$/.exec(launch) ?? [];
  if (host === '') return false;
  if (host === hostname() && isRunning(Number(pid))) return false;
  for (const { path } of await slotLogsOf(population, launch)) {
    const { lines } = await lastLines(path, 1, (line) => line.includes('"worker":"'));
    const [, name] = /"worker":"([a-z0-9]+)"/.exec(lines[0] ?? '') ?? [];
    if (workers.some((worker) => worker.name === name && worker.state === 'working')) return false;
    if (!(await isSettled(population, path.slice(population.root.length + 1)))) return false;
  }
  return true;
}

/** By two clocks, which nothing else here compares: an hour is more than clocks differ, and only litter is at stake. */
async function isSettled(population: Population, below: string): Promise<boolean> {
  const stat = await lstat(population.path(below)).catch(unlessMissing);
  return stat !== undefined && population.clock.now().getTime() - stat.mtimeMs > SETTLED_SECONDS * 1000;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
