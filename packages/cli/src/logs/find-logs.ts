import { type Population, isWorkerName } from '@galapagos/population';
import { olderLog } from './log-file.js';

/** Where the workers keep their logs, below the experiment. */
export const WORKER_LOGS = 'logs/workers';

/** A file of lines, and whose they are. */
export interface Log {
  readonly path: string;
  /** Where the lines before its first are, if there are any. */
  readonly older?: string;
  /** Of a worker's own log. */
  readonly worker?: string;
  /** Of what the workers that filled a slot have printed, one after the other. The folder of a launch begins with its time. */
  readonly launch?: string;
  readonly slot?: number;
}

/** The launches that have left logs, the newest first. */
export async function launchesOf(population: Population): Promise<string[]> {
  const names = await population.listIfPresent('logs');
  return names
    .filter((name) => `logs/${name}` !== WORKER_LOGS)
    .toSorted()
    .reverse();
}

/** What the workers of a launch have printed, by slot. */
export async function slotLogsOf(
  population: Population,
  launch: string,
): Promise<(Log & { slot: number })[]> {
  const names = await population.listIfPresent(`logs/${launch}`);
  return names
    .flatMap((name) => {
      const [, slot] = /^slot-([0-9]+)\.log$/.exec(name) ?? [];
      const path = population.path(`logs/${launch}/${name}`);
      return slot === undefined ? [] : [{ launch, slot: Number(slot), path }];
    })
    .sort((a, b) => a.slot - b.slot);
}

/** The logs that workers have kept. */
export async function workerLogsOf(
  population: Population,
): Promise<(Log & { worker: string; older: string })[]> {
  const names = await population.listIfPresent(WORKER_LOGS);
  // Between a renaming and the next line only the older one is there.
  const workers = new Set(names.flatMap((name) => /^(\w+)(?:\.1)?\.log$/.exec(name)?.[1] ?? []));
  return [...workers].filter(isWorkerName).map((worker) => {
    const path = population.path(`${WORKER_LOGS}/${worker}.log`);
    return { path, older: olderLog(path), worker };
  });
}
