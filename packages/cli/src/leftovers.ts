import { lstat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Population, type Summary, errorCode, isMissing, mayLive, unfit } from '@galapagos/population';
import { unlessMissing } from './disk-use.js';
import { LAUNCH } from './log-directory.js';
import { lastLines, launchesOf, slotLogsOf } from './log-files.js';
import { SLURM_FILES, mayHaveTasks } from './slurm-jobs.js';

/** Seconds in which nobody leaves a file half written, and every launch that goes on has logged something or died. */
const SETTLED_SECONDS = 3600;

/** By which names what is written aside is known, by folder; anything else is a person's. */
const ASIDES: readonly (readonly [string, RegExp])[] = [
  ['.', /^experiment\.json\.[0-9a-z]+\.new$/],
  ['control', /^[0-9]{6}\.[0-9a-z]+\.new$/],
  ['tests', /^\.[a-z0-9]{1,32}-[0-9]{1,12}~[0-9]+$/],
];
const WORKERS_ASIDE = /^(worker|totals)\.json\.new$/;

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
  const look = async (below: string, pattern: RegExp): Promise<void> => {
    for (const name of (await population.listIfPresent(below)).filter((one) => pattern.test(one))) {
      const path = below === '.' ? name : `${below}/${name}`;
      if (await isSettled(population, path, 'file')) asides.push(path);
    }
  };
  for (const [below, pattern] of ASIDES) await look(below, pattern);
  for (const { name } of workers.filter((worker) => !mayLive(worker)))
    await look(`workers/${name}`, WORKERS_ASIDE);
  const logs: string[] = [];
  const launches = (await launchesOf(population)).filter((name) => LAUNCH.test(name));
  for (const launch of launches.slice(keep)) {
    if (await isOver(population, launch, workers)) logs.push(`logs/${launch}`);
  }
  return { asides, logs };
}

/** Deletes them, by name: what came in meanwhile stays, and the folder with it. */
export async function clearLeftovers(population: Population, { asides, logs }: Leftovers): Promise<void> {
  const { filesystem } = population;
  const clear = async (path: string, operation: 'unlink' | 'removeDirectory'): Promise<void> => {
    try {
      await filesystem[operation](path);
    } catch (error) {
      if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw unfit(path, error);
    }
  };
  for (const path of asides) await clear(population.path(path), 'unlink');
  for (const folder of logs) {
    const launch = folder.slice('logs/'.length);
    for (const { path } of await slotLogsOf(population, launch)) await clear(path, 'unlink');
    for (const file of SLURM_FILES) await clear(population.path(`${folder}/${file}`), 'unlink');
    await clear(population.path(folder), 'removeDirectory');
  }
}

/**
 * Whether a launch has ended, and left nothing but its logs: its launcher does not run here, nothing was written
 * to its logs for an hour, and the worker that last wrote to each of them has left or is gone.
 */
async function isOver(population: Population, launch: string, workers: Summary['workers']): Promise<boolean> {
  const [, host = '', pid = ''] = LAUNCH.exec(launch) ?? [];
  if (host === hostname() && isRunning(Number(pid))) return false;
  // On another host it may have made its folder, and nothing in it yet.
  if (!(await isSettled(population, `logs/${launch}`, 'directory'))) return false;
  const logs = await slotLogsOf(population, launch);
  const names = await population.listIfPresent(`logs/${launch}`);
  if (logs.length < names.filter((name) => !SLURM_FILES.includes(name)).length) return false;
  if (await mayHaveTasks(population, launch)) return false;
  for (const { path } of logs) {
    const { lines } = await lastLines(path, 1, (line) => line.includes('"worker":"'));
    const [, name] = /"worker":"([a-z0-9]+)"/.exec(lines[0] ?? '') ?? [];
    if (workers.some((worker) => worker.name === name && mayLive(worker))) return false;
    if (!(await isSettled(population, path.slice(population.root.length + 1), 'file'))) return false;
  }
  return true;
}

/** By two clocks, which nothing else here compares: an hour is more than clocks differ, and only litter is at stake. */
async function isSettled(
  population: Population,
  below: string,
  kind: 'file' | 'directory',
): Promise<boolean> {
  const stat = await lstat(population.path(below)).catch(unlessMissing);
  if (stat === undefined || (kind === 'file' ? !stat.isFile() : !stat.isDirectory())) return false;
  return population.clock.now().getTime() - stat.mtimeMs > SETTLED_SECONDS * 1000;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
