import { lstat } from 'node:fs/promises';
import { type Population, type Summary, nameOf } from '@galapagos/population';
import { unlessMissing } from './disk-use.js';

/** What an experiment takes of its disk, and what is left of it. */
export interface DiskEstimate {
  readonly bytes: number;
  readonly inodes: number;
  /** Whether only some individuals were looked at, and the others taken to be like them. */
  readonly isEstimate: boolean;
  readonly freeBytes: number;
  /** Null where the filesystem has no fixed number. */
  readonly freeInodes: number | null;
}

interface Size {
  bytes: number;
  inodes: number;
}

/** Folders that are walked of each state: a walk through thousands takes minutes on a network mount. */
const SAMPLE = 8;
/** Of a worker that left: its folder, staging, trash, three small files. */
const WORKER: Size = { bytes: 1500, inodes: 6 };

export async function estimateDisk(population: Population, summary: Summary): Promise<DiskEstimate> {
  const { filesystem } = population;
  const total: Size = { bytes: 0, inodes: 0 };
  let isEstimate = false;
  const states = {
    training: summary.training.map(nameOf),
    alive: summary.alive.map(nameOf),
    dead: await population.list('dead'),
    'hall-of-fame': await population.list('hall-of-fame'),
  };
  for (const [state, names] of Object.entries(states)) {
    const stride = Math.max(1, Math.floor(names.length / SAMPLE));
    const sample = names.filter((_, index) => index % stride === 0).slice(0, SAMPLE);
    const size: Size = { bytes: 0, inodes: 0 };
    for (const name of sample) await walk(population, `${state}/${name}`, size);
    if (sample.length < names.length) isEstimate = true;
    const factor = sample.length === 0 ? 0 : names.length / sample.length;
    total.bytes += size.bytes * factor;
    total.inodes += 1 + size.inodes * factor;
  }
  for (const below of ['history', 'logs', 'control', 'tests']) await walk(population, below, total);
  total.bytes += WORKER.bytes * summary.workers.length;
  total.inodes += WORKER.inodes * summary.workers.length;
  const space = await filesystem.space(population.root);
  return {
    bytes: Math.round(total.bytes),
    inodes: Math.round(total.inodes),
    isEstimate,
    freeBytes: space.bytes,
    freeInodes: Number.isFinite(space.inodes) ? space.inodes : null,
  };
}

/** A file with several names counts in parts at each of them. */
async function walk(population: Population, below: string, sum: Size): Promise<void> {
  const stat = await lstat(population.path(below)).catch(unlessMissing);
  if (stat === undefined) return;
  sum.inodes += stat.isDirectory() ? 1 : 1 / stat.nlink;
  if (!stat.isDirectory()) sum.bytes += stat.size / stat.nlink;
  else
    for (const name of await population.listIfPresent(below)) await walk(population, `${below}/${name}`, sum);
}
