import { type Membership, fullInWords, isFull } from '@galapagos/population';
import type { Shift } from './shift.js';

/** Seconds between two tries, at first and at most. */
const SOONEST = 0.5;
const LATEST = 15;

/**
 * Does what needs room on the disk. While that is full it is waited for: nothing is born meanwhile, and nobody dies of
 * it.
 * @throws What the filesystem says otherwise; also that it is full, where the worker leaves meanwhile.
 */
export async function untilThereIsRoom<T>(
  { population, me, exit, emit }: Pick<Shift, 'population' | 'exit' | 'emit'> & { readonly me?: Membership },
  work: () => Promise<T>,
): Promise<T> {
  for (let wait = SOONEST; ; wait = Math.min(2 * wait, LATEST)) {
    try {
      // Something small first: work that fails halfway leaves traces, an adoption its tenure.
      if (wait > SOONEST) await me?.writeTotals();
      return await work();
    } catch (error) {
      if (!isFull(error) || exit.reason !== undefined) throw error;
      if (wait === SOONEST) emit({ event: 'disk-full', reason: fullInWords(error) });
      await population.clock.sleep(wait * (0.5 + 0.5 * population.random.next()), exit.handBack);
    }
  }
}

/** Does what is only good manners, and can be left undone for want of room. */
export async function ifThereIsRoom(shift: Shift, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isFull(error)) throw error;
    shift.emit({ event: 'disk-full', reason: fullInWords(error) });
  }
}
