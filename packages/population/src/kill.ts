import { type AliveEntry, pathOf } from './layout.js';
import type { Membership } from './membership.js';

/**
 * Kills the worse of two. The name in the graveyard is the killer's own, so of several that kill it one wins.
 * @returns Whether it was us; if not, the tournament is lost.
 */
export async function kill(me: Membership, victim: AliveEntry): Promise<boolean> {
  const dead = pathOf({ state: 'dead', id: victim.id, tenure: victim.tenure, killer: me.name });
  return await me.population.move(pathOf(victim), dead);
}
