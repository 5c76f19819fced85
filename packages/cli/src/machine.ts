import { availableParallelism, totalmem } from 'node:os';

/** What limits are derived from. */
export interface Machine {
  readonly cores: number;
  /** Memory of this machine, or what its container or job may use of it. */
  readonly memoryBytes: number;
}

/** Memory below which a worker is not worth starting. */
const LEAST_WORKER_BYTES = 1e9;
/** The share of the memory that workers are given: the rest is the system's and the file cache's. */
export const WORKERS_SHARE = 0.8;

export function thisMachine(): Machine {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return {
    cores: availableParallelism(),
    memoryBytes: constrained > 0 && constrained < total ? constrained : total,
  };
}

/** How many workers of a search this machine is good for: by its cores, its memory, and a quarter of the population. */
export function workersThatFit({ cores, memoryBytes }: Machine, populationSize: number): number {
  const inMemory = Math.floor((WORKERS_SHARE * memoryBytes) / LEAST_WORKER_BYTES);
  return Math.max(1, Math.min(cores, inMemory, Math.floor(populationSize / 4)));
}
