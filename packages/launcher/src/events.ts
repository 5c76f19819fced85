import type { LaunchResult } from './result.js';

/** What happens during a launch, in the order in which it happens. Logs and progress lines are drawn from these. */
export type LaunchEvent =
  /** A worker runs in this slot. `restarts` counts the workers before it. */
  | { kind: 'started'; slot: number; pid: number; restarts: number }
  /** A worker ended: with a code or by a signal. With `error`, it could not be started; `code` then stands for that. */
  | {
      kind: 'exited';
      slot: number;
      pid: number | undefined;
      code: number | null;
      signal: NodeJS.Signals | null;
      error?: Error;
      seconds: number;
    }
  /** A worker says what it waits for; undefined where it waits no more. */
  | { kind: 'waits'; slot: number; waitsFor: string | undefined }
  /** The slot gets a new worker after `delaySeconds`. */
  | { kind: 'restarting'; slot: number; delaySeconds: number; failures: number }
  /** The slot failed more often than the limit allows and stays empty. */
  | { kind: 'givingUp'; slot: number; failures: number }
  /** Every worker is asked to leave. */
  | { kind: 'stopping'; reason: string }
  /** A worker and everything in its process group gets SIGKILL. */
  | { kind: 'killed'; slot: number; pid: number }
  /** No worker is left. */
  | { kind: 'finished'; result: LaunchResult };
