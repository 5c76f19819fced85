import { ifPresent } from '../filesystem-errors.js';
import { mountAt } from '../local-filesystem.js';
import { systemClock } from '../system-clock.js';
import { clearUp } from './clear-up.js';
import { type ExamineOptions, PATIENCE } from './examine-mount.js';
import { Gathering, type GatheringOptions } from './gathering.js';
import { type RendezvousOptions, leaveLobby, meet } from './rendezvous.js';
import { type SharedFacts, examineTogether } from './together.js';

/** The folder in a directory in which two hosts find each other. */
const LOBBY = '.doctor-peers';
/** Seconds that the other may take to read what was said last. */
const FAREWELL = 10;

export interface BetweenOptions
  extends ExamineOptions, Pick<RendezvousOptions, 'me' | 'other' | 'nonce' | 'onWaiting'> {
  /** Seconds to wait for the other. */
  readonly waitSeconds: number;
  readonly hasLinks: boolean;
}

/** What two hosts found out of a mount that both use at once. */
export interface BetweenFacts {
  readonly other: string;
  /** Whether this host is the first of the two, whose clock the other one's is compared with. */
  readonly isFirst: boolean;
  readonly together: SharedFacts;
}

/**
 * Examines a directory together with another host that does the same. Both get the same facts.
 * @throws MissingParticipant when the other does not come, or goes; a filesystem's error; the reason of the signal.
 */
export async function examineBetween(
  directory: string,
  { effort, signal, onStep = () => undefined, waitSeconds, hasLinks, ...who }: BetweenOptions,
): Promise<BetweenFacts> {
  const lobby = `${directory}/${LOBBY}`;
  const filesystem = await mountAt(directory);
  const ground = { filesystem, clock: systemClock, signal };
  try {
    const { other, folder } = await meet({ ...ground, ...who, lobby, patienceSeconds: waitSeconds });
    const names = [who.me, other];
    const options = { ...ground, folder, me: who.me, names, isOneHost: false, patienceSeconds: PATIENCE };
    try {
      const gathering = new Gathering(options);
      const links = await gathering.share(hasLinks);
      const together = await examineTogether(gathering, effort, !links.includes(false), onStep);
      await bidFarewell(options);
      return { other, isFirst: gathering.isFirst, together };
    } finally {
      await clearUp(filesystem, systemClock, folder);
    }
  } finally {
    await leaveLobby(filesystem, lobby, who.me);
  }
}

/** Who clears up takes away what the other may not have read yet. */
async function bidFarewell({ folder, me, names, clock, filesystem }: GatheringOptions): Promise<void> {
  await ifPresent(filesystem.write(`${folder}/farewell~${me}`, ''));
  const until = clock.monotonic() + FAREWELL;
  const isHeard = async () => {
    const listed = await ifPresent(filesystem.list(folder));
    return listed === undefined || names.every((name) => listed.includes(`farewell~${name}`));
  };
  while (!(await isHeard()) && clock.monotonic() < until) await clock.sleep(0.05);
}
