import { type Dna, type DrawnMutation, inheritsWeights } from '@galapagos/dna';
import { type Birth, POPULATION_FORMAT, formatDocument } from './documents.js';
import { discard } from './discard.js';
import { isFull, isMissing, unfit } from './filesystem-errors.js';
import { isFile, linkOrCopy, makeOwnDirectory } from './files.js';
import {
  type AliveEntry,
  BIRTH_FILE,
  DNA_FILE,
  INHERITED_FILE,
  type IndividualId,
  WEIGHTS_FILE,
  pathOf,
  stagingPath,
} from './layout.js';
import type { Membership } from './membership.js';

export interface Conception {
  readonly dna: Dna;
  /** Undefined for an individual of the first kind. */
  readonly parent?: AliveEntry;
  readonly mutations: readonly DrawnMutation[];
}

/**
 * Prepares a child completely, where nobody counts it: DNA, birth, its parent's weights; all on disk.
 * A crash leaves litter in staging.
 * @returns Its id, or undefined when the parent vanished meanwhile, or another took us for gone and cleared our
 *   staging; then nothing has happened.
 * @throws PopulationError `UNFIT` when it cannot be written.
 */
export async function conceive(me: Membership, conception: Conception): Promise<IndividualId | undefined> {
  const { filesystem } = me.population;
  const id = me.nextId();
  const folder = me.population.path(stagingPath(me.name, id));
  try {
    await makeOwnDirectory(filesystem, folder);
  } catch (error) {
    throw unfit(folder, error);
  }
  try {
    const [dna, birth] = [`${folder}/${DNA_FILE}`, `${folder}/${BIRTH_FILE}`];
    await Promise.all([
      filesystem.write(dna, me.population.dnas.format(conception.dna)),
      filesystem.write(birth, formatDocument(birthOf(me, id, conception))),
    ]);
    await inherit(me, conception, folder);
    await filesystem.sync([dna, birth, folder]);
    return id;
  } catch (error) {
    if (!isMissing(error) && !isFull(error)) throw unfit(folder, error);
    await discard(me, id);
    if (isFull(error)) throw unfit(folder, error);
    return undefined;
  }
}

function birthOf(me: Membership, id: IndividualId, { parent, mutations }: Conception): Birth {
  return {
    format: POPULATION_FORMAT,
    id,
    parent: parent === undefined ? null : { id: parent.id, fitness: parent.fitness },
    mutations: [...mutations],
    worker: me.name,
    bornAt: me.population.clock.now().toISOString(),
  };
}

/** The parent's weights were on disk before the parent was published, so a link needs no fsync of its own. */
async function inherit(me: Membership, { parent, mutations }: Conception, folder: string): Promise<void> {
  if (parent === undefined || !inheritsWeights(mutations)) return;
  const { filesystem } = me.population;
  const of = me.population.path(`${pathOf(parent)}/${parent.tenure}`);
  const weights = `${of}/${WEIGHTS_FILE}`;
  // An evaluation may leave none: then there is nothing to inherit. That they are not there only a listing says for
  // certain, which also tells a parent that vanished. Nor is there of what somebody has put in their place.
  const isThere =
    (await isFile(filesystem, weights)) ||
    ((await filesystem.list(of)).includes(WEIGHTS_FILE) && (await isFile(filesystem, weights)));
  if (isThere) await linkOrCopy(filesystem, weights, `${folder}/${INHERITED_FILE}`);
}
