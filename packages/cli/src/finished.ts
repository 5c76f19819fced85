import { type Population, nodeHost, summarize } from '@galapagos/population';
import { countWorkers } from './launch/tell-ends.js';

/** Whether a search has come to its end. */
export interface Finish {
  /** A bound is reached, so that nobody begins anything any more, and nobody is in training. */
  readonly isFinished: boolean;
  /** In words. */
  readonly words: string;
  readonly reachedBound: string | undefined;
  readonly training: number;
  readonly working: number;
}

/** Looks whether a search has come to its end. One without bounds never does. */
export async function finishOf(population: Population): Promise<Finish> {
  const { reachedBound, training, workers } = await summarize(population, nodeHost);
  const working = workers.filter(({ state }) => state === 'working').length;
  const isFinished = reachedBound !== undefined && training.length === 0;
  const words = isFinished
    ? `finished: ${reachedBound}`
    : [
        reachedBound === undefined
          ? 'not finished'
          : `not finished, but the budget is spent: ${reachedBound}`,
        `${training.length} in training`,
        working === 0 ? 'nobody works' : `${countWorkers(working)}`,
      ].join('; ');
  return { isFinished, words, reachedBound, training: training.length, working };
}
