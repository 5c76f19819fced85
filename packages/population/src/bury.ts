import { type Failure, POPULATION_FORMAT, formatDocument } from './documents.js';
import { isMissing, unfit } from './filesystem-errors.js';
import { FAILURE_FILE, type TrainingEntry, pathOf } from './layout.js';
import type { Membership } from './membership.js';
import { syncTenure, tenureFolder } from './tenure.js';

/**
 * Puts an individual that cannot be trained to death, with the reason.
 * @returns Whether it was us.
 */
export async function bury(
  me: Membership,
  entry: TrainingEntry,
  failure: Pick<Failure, 'class' | 'reason' | 'log'>,
): Promise<boolean> {
  const { filesystem, clock } = me.population;
  const file = `${tenureFolder(me.population, entry)}/${FAILURE_FILE}`;
  const document: Failure = {
    format: POPULATION_FORMAT,
    id: entry.id,
    tenure: entry.tenure,
    ...failure,
    failedAt: clock.now().toISOString(),
  };
  try {
    await filesystem.write(file, formatDocument(document));
    await syncTenure(me.population, entry, [FAILURE_FILE]);
  } catch (error) {
    if (isMissing(error)) return false;
    throw unfit(file, error);
  }
  const dead = pathOf({ state: 'dead', id: entry.id, tenure: entry.tenure, killer: me.name });
  return await me.population.move(pathOf(entry), dead);
}
