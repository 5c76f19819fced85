import { constants } from 'node:os';

/** The exit codes of `galapagos` that the launcher tells apart. */
export const ExitCode = {
  done: 0,
  error: 1,
  usage: 2,
  noExperiment: 3,
  filesystemUnfit: 5,
  acceleratorUnavailable: 6,
  failureLimit: 7,
  preempted: 75,
} as const;

/** What follows from the way in which a worker ended. */
export interface Verdict {
  restart: boolean;
  /** Whether it counts towards the failure limit. */
  failure: boolean;
}

const leaveIt: Verdict = { restart: false, failure: false };
const tryAgain: Verdict = { restart: true, failure: true };

/**
 * The restart table. What a new worker would only run into again (a wrong configuration, an unfit filesystem)
 * is never tried again; neither is a worker that gave up by itself (7), whose reasons outlive it.
 */
export const restartTable: Readonly<Record<number, Verdict>> = {
  [ExitCode.done]: leaveIt,
  [ExitCode.error]: tryAgain,
  [ExitCode.usage]: leaveIt,
  [ExitCode.noExperiment]: leaveIt,
  [ExitCode.filesystemUnfit]: leaveIt,
  [ExitCode.acceleratorUnavailable]: leaveIt,
  [ExitCode.failureLimit]: leaveIt,
  // Preempted is not broken: it waits its turn like the others, but no number of preemptions ends a slot.
  [ExitCode.preempted]: { restart: true, failure: false },
};

/** Looks up the restart table. `code` is null where a signal ended the worker. Codes outside the table are final. */
export function verdictOn(code: number | null): Verdict {
  if (code === null || isSignalCode(code)) return tryAgain;
  return restartTable[code] ?? leaveIt;
}

/** Whether a shell (or a worker that was hurried out) would use `code` to say that a signal ended it: 130, 143, … */
export function isSignalCode(code: number): boolean {
  return signalOfCode(code) !== undefined;
}

/** The signal of such a code. */
export function signalOfCode(code: number): NodeJS.Signals | undefined {
  const found = Object.entries(constants.signals).find(([, number]) => code === 128 + number);
  return found?.[0] as NodeJS.Signals | undefined;
}

/** How a shell would report a death by `signal`. */
export function codeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
