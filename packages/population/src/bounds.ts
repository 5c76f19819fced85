import type { Totals } from './documents.js';
import type { Bounds } from './experiment.js';

/** The first bound of a search that its totals have reached, in words; undefined while there is none. */
export function reachedBound(
  { individuals, workerSeconds, flops }: Bounds,
  totals: Totals,
): string | undefined {
  const reached = (bound: number | null, value: number, what: string): string | undefined =>
    bound !== null && value >= bound ? `${Math.round(value)} of ${bound} ${what}` : undefined;
  return (
    reached(individuals, totals.births, 'individuals (bounds.individuals)') ??
    reached(workerSeconds, totals.seconds, 'seconds of training (bounds.workerSeconds)') ??
    reached(flops, totals.flops, 'floating-point operations (bounds.flops)')
  );
}
