import {
  type Membership,
  adopt,
  bury,
  cleanStaging,
  collect,
  publish,
  readAttempt,
  takeTrash,
  tenureFolder,
  workerNames,
  writeAttempt,
} from '@galapagos/population';
import { evaluate } from './support.js';

/** How many of the best are kept in these tests. */
export const PLACES = 1;

/** What a worker does between its tournaments, when all others are gone: adopts, trains, clears away, collects. */
export async function repair(me: Membership): Promise<void> {
  const { population } = me;
  for (const gone of await workerNames(population)) {
    if (gone === me.name) continue;
    await cleanStaging(me, gone);
    await takeTrash(me, gone);
  }
  for (const orphan of await population.training()) await bringUp(me, orphan);
  await collect(me, PLACES, await population.dead());
}

async function bringUp(me: Membership, orphan: Parameters<typeof adopt>[1]): Promise<void> {
  const { population } = me;
  const adoption = await adopt(me, orphan);
  if (adoption === undefined) return;
  const { entry, continuation } = adoption;
  switch (continuation.kind) {
    case 'evaluated':
      await publish(population, entry, continuation.evaluation.fitness);
      return;
    case 'killer':
      await bury(me, entry, { class: 'killer', reason: 'it killed its workers', log: '' });
      return;
    case 'resume':
    case 'scratch': {
      const attempt =
        continuation.kind === 'scratch' ? continuation.attempt : continuation.checkpoint.attempt;
      const before = await readAttempt(population, tenureFolder(population, entry, orphan.tenure));
      // An attempt is continued or given up for the next; it never begins anew.
      if (attempt < (before?.attempt ?? 0)) throw new Error(`${entry.id} went back to attempt ${attempt}`);
      await writeAttempt(population, entry, { attempt, seed: 'seed', fromStep: 0 });
      await evaluate(me, entry, 0.5);
      await publish(population, entry, 0.5);
    }
  }
}
