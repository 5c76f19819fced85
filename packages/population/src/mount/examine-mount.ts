import { mountAt } from '../local-filesystem.js';
import { systemClock } from '../system-clock.js';
import { clearUp } from './clear-up.js';
import { Company } from './company.js';
import type { Effort } from './effort.js';
import { Gathering } from './gathering.js';
import { type SoloFacts, examineAlone } from './solo.js';
import { type OnStep, type SharedFacts, examineTogether } from './together.js';

/** What was found out of a mount, by several processes of one host. */
export interface MountFacts {
  readonly alone: SoloFacts;
  readonly together: SharedFacts;
}

export interface ExamineOptions {
  readonly effort: Effort;
  /** Ends it: what it wrote is removed all the same. */
  readonly signal: AbortSignal;
  readonly onStep?: OnStep;
}

/** Seconds that a process may take for one step: hangs of half a minute end well. */
export const PATIENCE = 60;

/**
 * Does in a directory what workers do, in a folder of its own, which is gone afterwards. Several processes do it at
 * once: one alone, with one cache, proves nothing.
 * @param name Of the folder; nobody else's.
 * @throws A filesystem's error where it refuses; MissingParticipant; the reason of the signal.
 */
export async function examineMount(
  directory: string,
  name: string,
  { effort, signal, onStep = () => undefined }: ExamineOptions,
): Promise<MountFacts> {
  const folder = `${directory}/${name}`;
  const filesystem = await mountAt(directory);
  const ground = { filesystem, clock: systemClock };
  await filesystem.makeDirectory(folder);
  let company: Company | undefined;
  try {
    onStep('one process writes and renames');
    const solo = `${folder}/alone`;
    await filesystem.makeDirectory(solo);
    const alone = await examineAlone(ground, solo, effort.repetitions);
    const names = Array.from({ length: effort.participants }, (_, index) => `p${index + 1}`);
    const [me = '', ...others] = names;
    const told = { folder, names, isOneHost: true, patienceSeconds: PATIENCE };
    company = new Company(others, { ...told, effort, hasLinks: alone.hasLinks });
    const gathering = new Gathering({
      ...told,
      ...ground,
      me,
      signal: AbortSignal.any([signal, company.failure]),
    });
    return { alone, together: await examineTogether(gathering, effort, alone.hasLinks, onStep) };
  } finally {
    await company?.dismiss();
    await clearUp(filesystem, systemClock, folder);
  }
}
