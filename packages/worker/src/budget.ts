import { type Totals, reachedBound, sumTotals, workerNames } from '@galapagos/population';
import type { Shift } from './shift.js';

/**
 * Whether a bound of the search is reached, over all workers: each keeps its totals in a file of its own, and adds
 * up the others'. The overshoot is one individual per worker at most.
 */
export async function isBudgetSpent(shift: Shift): Promise<boolean> {
  const { bounds } = shift.control;
  if (bounds.individuals === null && bounds.workerSeconds === null && bounds.flops === null) return false;
  return reachedBound(bounds, await totalsOfAll(shift)) !== undefined;
}

async function totalsOfAll({ population, me, totals }: Shift): Promise<Totals> {
  const others = (await workerNames(population)).filter((name) => name !== me.name);
  return sumTotals([me.totals, ...(await Promise.all(others.map((name) => totals.of(name))))]);
}
