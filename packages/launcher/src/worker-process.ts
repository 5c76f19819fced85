import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedLaunchOptions } from './options.js';

/**
 * Starts one worker as the leader of its own process group: Ctrl-C in a terminal reaches the launcher alone, and
 * one signal reaches a worker with everything that it started.
 *
 * The IPC channel carries what the worker waits for ({@link heard}). And it is the worker's way to notice that the launcher is gone, however it died:
 * the kernel closes the channel, and the worker sees `disconnect`. That may be before the worker's own code runs,
 * so a worker has to look at `process.connected` once as well.
 */
export function spawnWorker(
  slot: number,
  options: Pick<ResolvedLaunchOptions, 'command' | 'environmentOf' | 'logDirectory'>,
): ChildProcess {
  const [file, ...args] = options.command;
  const log = openSync(join(options.logDirectory, `slot-${slot}.log`), 'a');
  try {
    return spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, ...options.environmentOf(slot), GALAPAGOS_SLOT: String(slot) },
    });
  } finally {
    // The worker has its own copy.
    closeSync(log);
  }
}

/** What a worker says of itself: `{ waitsFor: 'room …' }`, or null. Undefined where it is nothing of that kind. */
export function heard(message: unknown): { readonly waitsFor: string | undefined } | undefined {
  if (typeof message !== 'object' || message === null || !('waitsFor' in message)) return undefined;
  const { waitsFor } = message;
  return { waitsFor: typeof waitsFor === 'string' ? waitsFor : undefined };
}

/** SIGTERM to the worker alone: it has to end its trainer in order, so the trainer must not hear of it first. */
export function askToLeave(pid: number): void {
  signalIfThere(pid, 'SIGTERM');
}

/** SIGKILL to the worker and everything that it started. */
export function killGroup(pid: number): void {
  signalIfThere(-pid, 'SIGKILL');
}

function signalIfThere(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Nobody there any more is what we want. macOS says EPERM for a group of which only a zombie is left.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
