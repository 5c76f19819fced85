import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import {
  type BetweenFacts,
  type Effort,
  MissingParticipant,
  PopulationError,
  errorCode,
  examineBetween,
  examineMount,
  isMissing,
  unfit,
} from '@galapagos/population';
import { duration, quote } from './format.js';
import { Interrupted, untilInterrupted } from './interruption.js';
import { judgeMount } from './judge-mount.js';
import type { Mount } from './mount-shape.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** The other host, and what this one is called there. */
export interface Peer {
  readonly me: string;
  /** Undefined for whoever comes. */
  readonly other: string | undefined;
  readonly waitSeconds: number;
}

/**
 * Finds out whether workers can work in a directory, and judges it.
 * @throws PopulationError `UNFIT` when the filesystem refuses; UsageError; Interrupted.
 */
export async function examineDirectory(
  path: string,
  effort: Effort,
  { peer, terminal }: { readonly peer?: Peer | undefined; readonly terminal?: Terminal } = {},
): Promise<Mount> {
  const interruption = untilInterrupted();
  const { signal } = interruption;
  const onStep = (what: string) => terminal?.status(`${path}: ${what}`);
  try {
    const facts = await examineMount(path, `.doctor-${randomUUID()}`, { effort, signal, onStep });
    const { hasLinks } = facts.alone;
    const meeting = { effort, signal, onStep, hasLinks, nonce: randomUUID() };
    const { between, peerProblem } =
      peer === undefined
        ? { between: null, peerProblem: null }
        : await meetIfThere(
            examineBetween(path, { ...peer, ...meeting, onWaiting: tellWaiting(path, peer, terminal) }),
          );
    return { path, ...judgeMount(facts, between), ...facts, between, peerProblem };
  } catch (error) {
    if (signal.aborted) throw new Interrupted(String(signal.reason));
    if (isMissing(error)) requireDirectory(path, error);
    if (errorCode(error) === 'ENOENT')
      throw new PopulationError('UNFIT', `${path}: nothing can be made there`, { cause: error });
    if (error instanceof MissingParticipant) {
      const what = `what one process writes there another does not see (${error.message})`;
      throw new PopulationError('UNFIT', `${path}: ${what}`, { cause: error });
    }
    throw unfit(path, error);
  } finally {
    terminal?.status('');
    interruption.close();
  }
}

/** What this host found alone is worth to be told also where the other never came. */
async function meetIfThere(facts: Promise<BetweenFacts>): Promise<Pick<Mount, 'between' | 'peerProblem'>> {
  try {
    return { between: await facts, peerProblem: null };
  } catch (error) {
    if (!(error instanceof MissingParticipant)) throw error;
    return { between: null, peerProblem: error.message };
  }
}

function requireDirectory(path: string, cause: unknown): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  const problem = found === undefined ? 'there is no such directory' : 'is no directory';
  throw new UsageError(`${path}: ${problem}`, { cause });
}

/** Seconds between two lines of news, where no terminal shows them one over the other. */
const LINE_SECONDS = 15;

function tellWaiting(path: string, { me, other, waitSeconds }: Peer, terminal: Terminal | undefined) {
  const names = other === undefined ? '--peer any' : `--as ${quote(other)} --peer ${quote(me)}`;
  const command = `galapagos doctor ${quote(path)} ${names}`;
  let saidAt = -Infinity;
  return (waited: number, others: readonly string[]) => {
    const there = others.length === 0 ? '' : `; there is ${others.join('; ')}`;
    const left = duration(Math.max(0, waitSeconds - waited));
    const line = `${me} waits for ${other ?? 'another host'}: ${command} (${left} left${there})`;
    if (terminal?.isWatched === true) return terminal.status(line);
    if (waited - saidAt < LINE_SECONDS) return;
    terminal?.err(line);
    saidAt = waited;
  };
}

/** What a host is called: the first part of its name, but all of an address. */
export function hostName(name: string = hostname()): string {
  return /^[\d.:]+$/.test(name) ? name : (name.split('.')[0] ?? name);
}
