import { type IndividualId, type TrainingEntry, pathOf, stagingPath } from './layout.js';
import type { Membership } from './membership.js';

/**
 * Puts a complete child into the population, in training, where it counts.
 * The totals are written first: a crash in between counts one birth too many, never one too few.
 * @returns The child as ours; undefined when the answer of the filesystem leaves it open. If it was admitted all
 *   the same, it lies under our name and is adopted by us in the next turn.
 */
export async function admit(me: Membership, id: IndividualId): Promise<TrainingEntry | undefined> {
  me.totals.births++;
  try {
    await me.writeTotals();
  } catch (error) {
    // Not admitted, so not born: where the disk is full one would count again and again.
    me.totals.births--;
    throw error;
  }
  const entry: TrainingEntry = { state: 'training', id, tenure: 1, worker: me.name };
  return (await me.population.move(stagingPath(me.name, id), pathOf(entry))) ? entry : undefined;
}
