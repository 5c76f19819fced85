import { lstat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { relative } from 'node:path';
import { type Population, type Summary, errorCode, isMissing, mayLive, unfit } from '@galapagos/population';
import { unlessMissing } from './disk-use.js';
import { LAUNCH } from './logs/log-directory.js';
import { lastLines } from './logs/last-lines.js';
import { launchesOf, slotLogsOf, workerLogsOf } from './logs/find-logs.js';
import { workerOf } from './logs/log-selection.js';
import { SLURM_FILES, mayHaveTasks } from './launch/slurm-jobs.js';

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
  /** Logs of workers that are gone. */
  readonly workerLogs: readonly string[];
  /** Folders in `logs/` of launches that are over. */
  readonly launches: readonly string[];
}

/** @param keepSeconds How long logs are kept after the last that was written to them. */
export async function findLeftovers(
  population: Population,
  workers: Summary['workers'],
  keepSeconds: number,
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
  const settled = Math.max(SETTLED_SECONDS, keepSeconds);
  const launches: string[] = [];
  for (const launch of (await launchesOf(population)).filter((name) => LAUNCH.test(name)))
    if (await isOver(population, launch, workers, settled)) launches.push(`logs/${launch}`);
  const workerLogs: string[] = [];
  const over = new Set(workers.filter((worker) => !mayLive(worker)).map(({ name }) => name));
  for (const { path, older } of (await workerLogsOf(population)).filter(({ worker }) => over.has(worker)))
    for (const below of [older, path].map((one) => relative(population.root, one)))
      if (await isSettled(population, below, 'file', settled)) workerLogs.push(below);
  return { asides, workerLogs, launches };
}

/** Deletes them, by name: what came in meanwhile stays, and the folder with it. */
export async function clearLeftovers(
  population: Population,
  { asides, workerLogs, launches }: Leftovers,
): Promise<void> {
  const { filesystem } = population;
  const clear = async (path: string, operation: 'unlink' | 'removeDirectory'): Promise<void> => {
    try {
      await filesystem[operation](path);
    } catch (error) {
      if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw unfit(path, error);
    }
  };
  for (const path of [...asides, ...workerLogs]) await clear(population.path(path), 'unlink');
  for (const folder of launches) {
    const launch = folder.slice('logs/'.length);
    for (const { path } of await slotLogsOf(population, launch)) await clear(path, 'unlink');
    for (const file of SLURM_FILES) await clear(population.path(`${folder}/${file}`), 'unlink');
    await clear(population.path(folder), 'removeDirectory');
  }
}

/**
 * Whether a launch has ended, and left nothing but its logs: its launcher does not run here, nothing was written
 * to its logs for so many seconds, and the worker that last wrote to each of them has left or is gone.
 */
async function isOver(
  population: Population,
  launch: string,
  workers: Summary['workers'],
  seconds: number,
): Promise<boolean> {
  const [, host = '', pid = ''] = LAUNCH.exec(launch) ?? [];
  if (host === hostname() && isRunning(Number(pid))) return false;
  // On another host it may have made its folder, and nothing in it yet.
  if (!(await isSettled(population, `logs/${launch}`, 'directory', seconds))) return false;
  const logs = await slotLogsOf(population, launch);
  const names = await population.listIfPresent(`logs/${launch}`);
  if (logs.length < names.filter((name) => !SLURM_FILES.includes(name)).length) return false;
  if (await mayHaveTasks(population, launch)) return false;
  for (const { path } of logs) {
    const { lines } = await lastLines(path, 1, (line) => workerOf(line) !== undefined);
    const name = workerOf(lines[0] ?? '');
    if (workers.some((worker) => worker.name === name && mayLive(worker))) return false;
    if (!(await isSettled(population, relative(population.root, path), 'file', seconds))) return false;
  }
  return true;
}

/** By two clocks, which nothing else here compares: an hour is more than clocks differ, and only litter is at stake. */
async function isSettled(
  population: Population,
  below: string,
  kind: 'file' | 'directory',
  seconds = SETTLED_SECONDS,
): Promise<boolean> {
  const stat = await lstat(population.path(below)).catch(unlessMissing);
  if (stat === undefined || (kind === 'file' ? !stat.isFile() : !stat.isDirectory())) return false;
  return population.clock.now().getTime() - stat.mtimeMs > seconds * 1000;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
