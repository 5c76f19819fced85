import { readFileSync } from 'node:fs';
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
  return {
    cores: Math.max(1, Math.min(availableParallelism(), Math.floor(coreQuota() ?? Infinity))),
    memoryBytes: memoryLimit() ?? totalmem(),
  };
}

/** Bytes that a container or a job may use; undefined where there is no limit below what the machine has. */
export function memoryLimit(): number | undefined {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : undefined;
}

/** How many cores' worth of time a container may use, by its control group; undefined where there is no limit. */
export function coreQuota(): number | undefined {
  const [, path = ''] = /^0::(.*)$/m.exec(read('/proc/self/cgroup')) ?? [];
  // Version 2 in the place of the process, or as a container sees its own; then version 1.
  const texts = [`/sys/fs/cgroup${path}/cpu.max`, '/sys/fs/cgroup/cpu.max'].map(read);
  const old = ['quota', 'period'].map((of) => read(`/sys/fs/cgroup/cpu/cpu.cfs_${of}_us`)).join(' ');
  const [quota, period] = ([...texts, old].find((text) => text.trim() !== '') ?? '').split(/\s+/).map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : undefined;
}

/** A file of the kernel; empty where there is no such file. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** How many workers of a search this machine is good for: by its cores, its memory, and a quarter of the population. */
export function workersThatFit({ cores, memoryBytes }: Machine, populationSize: number): number {
  const inMemory = Math.floor((WORKERS_SHARE * memoryBytes) / LEAST_WORKER_BYTES);
  return Math.max(1, Math.min(cores, inMemory, Math.floor(populationSize / 4)));
}
