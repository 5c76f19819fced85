import type { Population } from '@galapagos/population';
import { BACKEND_CHOICES, BACKEND_LADDER, type BackendChoice } from '@galapagos/trainer';
import { parseDuration } from './duration.js';
import { thisMachine } from './machine.js';
import { UsageError } from './usage-error.js';

export const backendOption = {
  backend: {
    describe: `The back end that trains; auto takes the first that is there of ${BACKEND_LADDER.join(', ')}: see galapagos doctor`,
    choices: BACKEND_CHOICES,
    coerce: refuseOldName,
    default: 'auto' as BackendChoice,
  },
} as const;

function refuseOldName(name: BackendChoice): BackendChoice {
  if ((name as string) !== 'simd') return name;
  throw new UsageError(
    '--backend simd: that is called wasm now, and auto may find a faster one (galapagos doctor)',
  );
}

export const workersOption = {
  workers: {
    describe: 'Workers on this machine',
    type: 'number',
    requiresArg: true,
    defaultDescription:
      'one per core or GPU, as far as the population allows; with --slurm and --kubernetes to be said',
  },
} as const;

/**
 * One per core, or as many as there are places on GPUs; but those in training cannot be drawn, so at most so large a part
 * of the population.
 */
export function defaultWorkers(
  { experiment }: Population,
  oneIn: number,
  places = thisMachine().cores,
): number {
  return Math.max(1, Math.min(places, Math.floor(experiment.search.populationSize / oneIn)));
}

/** The longest time that a timer of Node can wait. */
const LONGEST_SECONDS = (2 ** 31 - 1) / 1000;

/** Seconds of a flag that takes a duration. @throws UsageError. */
export function secondsOf(flag: string, text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds <= 0)
    throw new UsageError(`--${flag} ${text}: write a duration as 90s, 30m or 2h`);
  if (seconds > LONGEST_SECONDS)
    throw new UsageError(`--${flag} ${text}: at most 24d; without it there is no limit`);
  return seconds;
}

/** @throws UsageError when it is not a number of workers. */
export function requireWorkers(workers: number | undefined): void {
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1))
    throw new UsageError('--workers: a whole number, at least 1');
}
