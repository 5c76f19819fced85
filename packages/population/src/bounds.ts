import type { Totals } from './documents.js';
import type { Bounds } from './experiment.js';

/** How far a search has come: what its bounds are held against. */
export interface Progress {
  readonly totals: Totals;
  /** Fitness of the best of the living, which only an equal one can kill; undefined while there is none. */
  readonly best: number | undefined;
  /** Seconds since the first worker started. */
  readonly seconds: number;
}

/** The first bound that a search has reached, in words; undefined while there is none. */
export function reachedBound(bounds: Bounds, { totals, best = 0, seconds }: Progress): string | undefined {
  const reached = (bound: number | null, value: number, what: string): string | undefined =>
    bound !== null && value >= bound ? `${Math.round(value)} of ${bound} ${what}` : undefined;
  const { targetFitness, wallSeconds } = bounds;
  const isAtTarget = targetFitness !== null && best >= targetFitness;
  const isOver = wallSeconds !== null && seconds >= wallSeconds;
  return (
    reached(bounds.individuals, totals.births, 'individuals (bounds.individuals)') ??
    reached(bounds.workerSeconds, totals.seconds, 'seconds of training (bounds.workerSeconds)') ??
    reached(bounds.flops, totals.flops, 'floating-point operations (bounds.flops)') ??
    (isAtTarget
      ? `fitness ${best}, for which ${targetFitness} was wanted (bounds.targetFitness)`
      : undefined) ??
    reached(bounds.patience, birthsInVain(totals), 'births without a fitter one (bounds.patience)') ??
    (isOver ? `${wallSeconds} seconds since the first worker started (bounds.wallSeconds)` : undefined)
  );
}

/** Births since the best was first seen; 0 where nobody keeps count, for want of a bound on it. */
export function birthsInVain({ births, improvement }: Totals): number {
  return improvement === undefined ? 0 : births - improvement.births;
}

/** How much of its bounds on what workers do a search has spent: 1 where one of them is reached. */
export function shareSpent(bounds: Bounds, totals: Totals): number {
  const share = (bound: number | null, value: number) => (bound === null ? 0 : value / bound);
  return Math.max(
    share(bounds.individuals, totals.births),
    share(bounds.workerSeconds, totals.seconds),
    share(bounds.flops, totals.flops),
    share(bounds.patience, birthsInVain(totals)),
  );
}
