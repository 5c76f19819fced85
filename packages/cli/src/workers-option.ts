import { availableParallelism } from 'node:os';
import { BACKEND_CHOICES, type BackendChoice } from '@galapagos/trainer';
import { parseDuration } from './duration.js';
import { UsageError } from './usage-error.js';

export const backendOption = {
  backend: {
    describe:
      'The back end that trains; auto takes the first that is there of tfjs-node-gpu, tfjs-node, simd',
    choices: BACKEND_CHOICES,
    default: 'auto' as BackendChoice,
  },
} as const;

export const workersOption = {
  workers: {
    describe: 'Workers on this machine',
    type: 'number',
    default: availableParallelism(),
    defaultDescription: 'one per core',
  },
} as const;

/** Seconds of a flag that takes a duration. @throws UsageError. */
export function secondsOf(flag: string, text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds <= 0)
    throw new UsageError(`--${flag} ${text}: write a duration as 90s, 30m or 2h`);
  return seconds;
}

/** @throws UsageError when it is not a number of workers. */
export function requireWorkers(workers: number): void {
  if (!Number.isInteger(workers) || workers < 1)
    throw new UsageError(`--workers ${workers}: a whole number, at least 1`);
}
