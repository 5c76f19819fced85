import { hostname } from 'node:os';
import { type Population, errorCode, unfit } from '@galapagos/population';

/** How a launch that begins now calls its folder in `logs/`: the time, the host, the process. */
export function launchName(population: Population): string {
  const startedAt = population.clock.now().toISOString().slice(0, 19).replaceAll(':', '');
  return `${startedAt}-${hostname()}-${process.pid}`;
}

/** As launches name their folders: the time, the host, the process. */
export const LAUNCH = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}-(.+)-([0-9]+)$/;

/** Makes it, and returns its path. One level after the other: in one go Node says of a read-only disk that there is no such directory. */
export async function makeLogDirectory(population: Population): Promise<string> {
  const own = `logs/${launchName(population)}`;
  for (const path of ['logs', own].map((below) => population.path(below))) {
    try {
      await population.filesystem.makeDirectory(path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw unfit(path, error);
    }
  }
  return population.path(own);
}
