import type { Clock } from '../clock.js';
import { errorCode, ifPresent, isMissing } from '../filesystem-errors.js';
import { makeOwnDirectory } from '../files.js';
import { MissingParticipant } from './gathering.js';
import type { MountFilesystem } from './mount-filesystem.js';

export interface RendezvousOptions {
  readonly filesystem: MountFilesystem;
  readonly clock: Clock;
  /** The folder in which those who look for each other leave their entries; made where it is not there. */
  readonly lobby: string;
  readonly me: string;
  /** Whom to meet; undefined for whoever comes. */
  readonly other: string | undefined;
  /** What nobody has ever said before: an entry of one who died answers to no such word. */
  readonly nonce: string;
  readonly signal: AbortSignal;
  readonly patienceSeconds: number;
  /** Called after each look that was in vain, with who else waits there. */
  readonly onWaiting: (waitedSeconds: number, others: readonly string[]) => void;
}

export interface Meeting {
  readonly other: string;
  /** A folder of these two alone. */
  readonly folder: string;
}

interface Entry {
  readonly nonce: string;
  readonly wants: string | null;
  /** The nonces of those whose entries it has read. */
  readonly heard: Readonly<Record<string, string>>;
}

const LOOK_SECONDS = 0.2;

/**
 * Two hosts find each other without a server: each leaves an entry, reads the other's, and repeats its nonce; who
 * reads its own nonce in the other's entry knows that the other lives and has come for it.
 * @throws MissingParticipant when nobody comes, or several for whoever comes; the reason of the signal.
 */
export async function meet(options: RendezvousOptions): Promise<Meeting> {
  const { filesystem, clock, lobby, me, other: wanted, nonce, signal, patienceSeconds, onWaiting } = options;
  await makeOwnDirectory(filesystem, lobby);
  const startedAt = clock.monotonic();
  let written = '';
  for (;;) {
    signal.throwIfAborted();
    const entries = await readEntries(filesystem, lobby, me);
    const heard = Object.fromEntries(entries.map(([name, entry]) => [name, entry.nonce]));
    const text = JSON.stringify({ nonce, wants: wanted ?? null, heard } satisfies Entry);
    if (text !== written) await filesystem.write(`${lobby}/${me}`, `${text}\n`);
    written = text;
    const fitting = entries.filter(
      ([name, entry]) =>
        entry.heard[me] === nonce && [null, me].includes(entry.wants) && [undefined, name].includes(wanted),
    );
    const [found, ...more] = fitting;
    if (more.length > 0)
      throw new MissingParticipant(
        `several wait here: ${fitting.map(([name]) => name).join(', ')}; name one of them`,
      );
    if (found !== undefined) {
      const [other, entry] = found;
      const folder = `${lobby}/${[nonce, entry.nonce].toSorted().join('~')}`;
      await makeOwnDirectory(filesystem, folder);
      return { other, folder };
    }
    const waited = clock.monotonic() - startedAt;
    const others = entries.map(([name, { wants }]) => `${name}, for ${wants ?? 'whoever comes'}`);
    if (waited > patienceSeconds) {
      const there = others.length === 0 ? 'nobody else is there' : `there were: ${others.join('; ')}`;
      throw new MissingParticipant(
        `${wanted ?? 'nobody'} has not come within ${patienceSeconds} s (${there})`,
      );
    }
    onWaiting(waited, others);
    await clock.sleep(LOOK_SECONDS, signal);
  }
}

async function readEntries(
  filesystem: MountFilesystem,
  lobby: string,
  me: string,
): Promise<[string, Entry][]> {
  const names = (await filesystem.list(lobby)).filter((name) => name !== me && !name.includes('~'));
  const entries = await Promise.all(
    names.map(async (name): Promise<[string, Entry][]> => {
      const text = new TextDecoder().decode(await ifPresent(filesystem.read(`${lobby}/${name}`)));
      // Half written.
      return text.endsWith('\n') ? [[name, JSON.parse(text) as Entry]] : [];
    }),
  );
  return entries.flat();
}

/** Takes one's entry away, and the lobby with the last one. */
export async function leaveLobby(filesystem: MountFilesystem, lobby: string, me: string): Promise<void> {
  await ifPresent(filesystem.unlink(`${lobby}/${me}`));
  try {
    await filesystem.removeDirectory(lobby);
  } catch (error) {
    if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw error;
  }
}
