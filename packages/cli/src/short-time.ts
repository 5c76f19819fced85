import type { WorkerEvent } from '@galapagos/worker';
import { timeBefore } from './job-end.js';

/** Whoever trains: undefined stands for one that has not shown yet whether it keeps checkpoints. */
export interface Resumable {
  readonly keepsCheckpoints: boolean | undefined;
}

/**
 * Looks, after each training, whether there is time for another before the job ends: one that keeps no checkpoints would be
 * for nothing.
 * @param isShort Called when there is none.
 * @returns Is to hear what the worker does.
 */
export function beforeTimeIsShort(
  trainer: Resumable,
  clock: { now(): Date },
  isShort: () => void,
  environment: NodeJS.ProcessEnv = process.env,
): (event: WorkerEvent) => void {
  let longest = 0;
  return (event) => {
    if (event.event !== 'published') return;
    longest = Math.max(longest, event.seconds);
    const left = timeBefore(environment['SLURM_JOB_END_TIME'], clock.now());
    if (trainer.keepsCheckpoints === false && left !== undefined && left < longest * 1000) isShort();
  };
}
