import { removeTree } from './files.js';
import {
  type IndividualId,
  type WorkerName,
  parseTrashName,
  stagingPath,
  trashPath,
  workerPath,
} from './layout.js';
import type { Membership } from './membership.js';

/**
 * Gives up a child that was never admitted. It is renamed before it is deleted: nothing is deleted where another
 * may still rename it (a delayed admission of our own, say).
 */
export async function discard(me: Membership, id: IndividualId): Promise<void> {
  await discardFrom(me, me.name, id);
}

/** Empties the staging of a worker that is gone; it may have died before it had one. */
export async function cleanStaging(me: Membership, gone: WorkerName): Promise<void> {
  for (const name of await me.population.listIfPresent(`${workerPath(gone)}/staging`)) {
    // Only what is a child: a foreign file is for fsck to report.
    const child = parseTrashName(name);
    if (child?.tenure === undefined && child !== undefined) await discardFrom(me, gone, child.id);
  }
}

async function discardFrom(me: Membership, owner: WorkerName, id: IndividualId): Promise<void> {
  const litter = trashPath(me.name, { id, tenure: undefined, recorded: false });
  if (!(await me.population.move(stagingPath(owner, id), litter))) return;
  await removeTree(me.population.filesystem, me.population.path(litter));
}
