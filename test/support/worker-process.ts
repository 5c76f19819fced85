import { join } from 'node:path';
import type { LeaveReason, WorkerEvent } from '@galapagos/worker';
import type { BitStringOptions } from './bit-string-trainer.js';
import { type StartedProcess, startProcess } from './processes.js';

/** A real worker, over the built packages, with the bit-string trainer. */
export interface WorkerProcess extends StartedProcess {
  /** What it has said so far, `progress` left out. */
  readonly events: () => WorkerEvent[];
  readonly eventsOf: <Kind extends WorkerEvent['event']>(
    kind: Kind,
  ) => Extract<WorkerEvent, { event: Kind }>[];
  /** Why it left; undefined as long as it has not, or when it died. */
  readonly reason: () => LeaveReason | undefined;
}

export interface WorkerProcessOptions {
  readonly trainer?: BitStringOptions;
  /** `unknowing`: it cannot tell whether a process lives, as of one on another host. @default 'node' */
  readonly host?: 'node' | 'unknowing';
  /** Whether it waits for the disk. @default false */
  readonly sync?: boolean;
  /** As which user, in which group, and with which umask; as this one where it is not said. */
  readonly as?: { readonly uid: number; readonly gid: number; readonly umask: string };
  /** After this it is killed. @default 60000 */
  readonly timeoutMs?: number;
}

type Result = { readonly event: 'result'; readonly reason: LeaveReason };

// From the working directory, which is the repository's: this file may run compiled, from elsewhere.
const program = join(process.cwd(), 'test/worker/fixtures/worker.mjs');

export function startWorker(root: string, options: WorkerProcessOptions = {}): WorkerProcess {
  const { trainer = {}, host = 'node', sync = false, as, timeoutMs = 60_000 } = options;
  const words = [process.execPath, program, JSON.stringify({ root, trainer, host, sync })];
  const [command = '', ...args] = as === undefined ? words : asAnother(as, words);
  const started = startProcess(command, args, { timeoutMs });
  const lines = (): (WorkerEvent | Result)[] =>
    started
      .output()
      .stdout.split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as WorkerEvent | Result);
  const events = () => lines().filter((line): line is WorkerEvent => line.event !== 'result');
  return {
    ...started,
    events,
    eventsOf: <Kind extends WorkerEvent['event']>(kind: Kind) =>
      events().filter((event): event is Extract<WorkerEvent, { event: Kind }> => event.event === kind),
    reason: () => lines().find((line): line is Result => line.event === 'result')?.reason,
  };
}

/** In place of the shell and of setpriv, so that a signal reaches the worker. */
function asAnother({ uid, gid, umask }: NonNullable<WorkerProcessOptions['as']>, words: string[]): string[] {
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return ['setpriv', ...user, 'sh', '-c', `umask ${umask}; exec "$@"`, 'sh', ...words];
}

/** Starts several. */
export function startWorkers(
  count: number,
  root: string,
  options: WorkerProcessOptions = {},
): WorkerProcess[] {
  return Array.from({ length: count }, () => startWorker(root, options));
}

/** Waits until they have ended by themselves. @throws when one of them failed, with what it wrote. */
export async function allLeft(workers: readonly WorkerProcess[]): Promise<void> {
  for (const worker of workers) {
    const { code, signal, stderr } = await worker.finished;
    if (code !== 0) throw new Error(`worker ${worker.pid} ended with ${signal ?? code}: ${stderr}`);
  }
}
