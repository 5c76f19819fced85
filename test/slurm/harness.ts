// Searches under a real Slurm, and what is asked of it. See run.sh.

import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { flagsOf, galapagos } from '../cli/harness.js';
import { start } from '../cli/processes.js';
import { type StartedProcess, eventually } from '../support/processes.js';

/** Milliseconds that Slurm may take to begin, to end or to notice something. */
export const PATIENCE = 60_000;

interface Task {
  readonly id: string;
  readonly state: string;
  readonly node: string;
}
export interface Status {
  readonly workers: readonly { name: string; state: string; slurmJob: string | null; host: string }[];
  readonly jobs: { readonly tasks: readonly Task[]; readonly problem: string | null };
  readonly totals: { readonly births: number; readonly adoptions: number };
}

export async function statusOf(root: string): Promise<Status> {
  const { code, out, err } = await galapagos(['status', root, '--json']);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Status;
}

export const isWorking = ({ state }: { state: string }) => state === 'working';

/** A search whose individuals train for seconds, with checkpoints to go on from; or for ever. */
export async function makeSearch(
  root: string,
  steps: number,
  settings: Record<string, string> = {},
): Promise<string> {
  const flags = flagsOf({
    'search.populationSize': '24',
    'training.steps': String(steps),
    'training.checkpointSeconds': '0.2',
    'bounds.leaseSeconds': '600',
    ...settings,
  });
  const { code, err } = await galapagos(['init', root, ...flags]);
  expect(code, err).toBe(0);
  return root;
}

const followers: StartedProcess[] = [];

/** Launches on processors; whoever follows ends with the test. */
export function launch(root: string, ...options: string[]): StartedProcess {
  const time = options.includes('--time') ? [] : ['--time', '10'];
  const words = ['launch', root, '--slurm', '--backend', 'wasm', ...time, ...options];
  const follower = start(words, { timeoutMs: 10 * PATIENCE });
  followers.push(follower);
  return follower;
}

export async function untilWorking(root: string, count: number): Promise<void> {
  await eventually(async () => (await statusOf(root)).workers.filter(isWorking).length === count, PATIENCE);
}

/** Asks Slurm. @returns What it answers. */
export function slurm(program: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** The state of a task, in Slurm's word. */
export function stateOf(id: string): string {
  return slurm('squeue', '--noheader', '--states=all', `--jobs=${id}`, '--format=%T').trim();
}

/**
 * A task that was queued again waits for two minutes, which Slurm sets once its earlier life is over; this one does not, but
 * for the seconds in which its node clears away that life.
 */
export async function startNow(id: string): Promise<void> {
  await eventually(() => stateOf(id) === 'PENDING', 2 * PATIENCE);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  slurm('scontrol', 'update', `JobId=${id}`, 'StartTime=now');
  await eventually(() => stateOf(id) === 'RUNNING', PATIENCE);
}

/** Ends everything that a test may have left. */
export function endAll(): void {
  slurm('scancel', '--user=root');
  for (const { child } of followers.splice(0)) child.kill('SIGKILL');
}
