import { ExitCode } from './exit-codes.js';

/** How one slot ended. */
export interface SlotResult {
  slot: number;
  /** 0 done or asked to stop, 7 failure limit reached, else what the last worker said. */
  exitCode: number;
  restarts: number;
  failures: number;
  /** True where the launcher had to use SIGKILL. */
  killed: boolean;
}

/** How a launch ended. */
export interface LaunchResult {
  /** The exit code for the whole launch, see {@link exitCodeOf}. */
  exitCode: number;
  /** Why the workers were asked to leave; undefined where all left by themselves. */
  stopReason: string | undefined;
  slots: SlotResult[];
}

// What is wrong with the experiment or the machine explains the failures of the other slots, so it comes first.
const gravestFirst: readonly number[] = [
  ExitCode.usage,
  ExitCode.noExperiment,
  ExitCode.filesystemUnfit,
  ExitCode.acceleratorUnavailable,
  ExitCode.failureLimit,
];

/** One exit code for all slots: 0 where all are 0, else the gravest; codes outside the table count as 1. */
export function exitCodeOf(slots: readonly SlotResult[]): number {
  const codes = new Set(slots.map((slot) => slot.exitCode));
  codes.delete(ExitCode.done);
  if (codes.size === 0) return ExitCode.done;
  return gravestFirst.find((code) => codes.has(code)) ?? ExitCode.error;
}
