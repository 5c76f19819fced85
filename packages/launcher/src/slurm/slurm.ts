import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { arrayOf, logsIn } from './sbatch.js';
import { optionOf } from './job-script.js';
import { SchedulerError } from '../scheduler-error.js';

/** Milliseconds: without its controller every program of Slurm takes some seconds to say so. */
const PATIENCE = 60_000;

/** A task of an array job, as Slurm knows it. */
export interface SlurmTask {
  /** `123_4`: of the array, and the task. */
  readonly id: string;
  /** The array's number. */
  readonly job: string;
  readonly slot: number;
  /** Slurm's word: PENDING, RUNNING, COMPLETED, FAILED, TIMEOUT, … */
  readonly state: string;
  /** Why it is not running, in Slurm's word; `None` where it is. */
  readonly reason: string;
  /** Where it runs or ran; empty where it did not yet. */
  readonly node: string;
  /** The script that was submitted, by its path. */
  readonly script: string;
}

/** Submits a job script. @returns The array's number. @throws SchedulerError */
export async function submit(script: string): Promise<string> {
  return numberIn(await ask('sbatch', ['--parsable', script]));
}

/** Submits a script once more, with other tasks that write elsewhere. @throws SchedulerError */
export async function submitAgain(
  script: string,
  { workers, logDirectory }: { readonly workers: number; readonly logDirectory: string },
): Promise<string> {
  const options = [optionOf('array', arrayOf(workers)), `--output=${logsIn(logDirectory)}`];
  return numberIn(await ask('sbatch', ['--parsable', ...options, script]));
}

/**
 * The tasks of some array jobs, those too that ended lately. What Slurm has forgotten, minutes to days after its end, is not
 * among them.
 * @throws SchedulerError
 */
export async function tasksOf(jobs: readonly string[]): Promise<SlurmTask[]> {
  if (jobs.length === 0) return [];
  const what = [
    '--noheader',
    '--array',
    '--states=all',
    '--format=%i|%T|%r|%N|%o',
    `--jobs=${jobs.join(',')}`,
  ];
  try {
    return parseQueue(await ask('squeue', what));
  } catch (error) {
    // Of one job that it has forgotten it says this; of several it leaves out those.
    if (error instanceof SchedulerError && error.message.includes('Invalid job id')) return [];
    throw error;
  }
}

/** Lines of `squeue --format=%i|%T|%r|%N|%o`; what is no task of an array is left out. */
function parseQueue(text: string): SlurmTask[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', state = '', reason = '', node = '', ...script] = line.split('|');
    const [, job, slot] = /^([0-9]+)_([0-9]+)$/.exec(id) ?? [];
    return job === undefined
      ? []
      : [{ id, job, slot: Number(slot), state, reason, node, script: script.join('|') }];
  });
}

const ENDED = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'PREEMPTED',
  'REVOKED',
  'TIMEOUT',
]);

/** Whether a task is over, and will not be queued again. */
export function isOver({ state }: SlurmTask): boolean {
  return ENDED.has(state);
}

/** Whether a task waits for its turn, a first or another one. */
export function isPending({ state }: SlurmTask): boolean {
  return ['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'SPECIAL_EXIT'].includes(state);
}

/** Takes tasks out of the queue, and ends those that run: SIGTERM, and SIGKILL half a minute later. @throws SchedulerError */
export async function cancel(tasks: readonly Pick<SlurmTask, 'id'>[]): Promise<void> {
  if (tasks.length > 0)
    await ask(
      'scancel',
      tasks.map(({ id }) => id),
    );
}

/** Asks the workers of tasks to give back what they hold and leave; nobody is killed. @throws SchedulerError */
export async function askToGiveBack(tasks: readonly SlurmTask[]): Promise<void> {
  // Only the script of the job hears it, and passes it on.
  if (tasks.length > 0) await ask('scancel', ['--batch', '--signal=TERM', ...tasks.map(({ id }) => id)]);
}

/** The exit code of a task that is over; undefined where Slurm has forgotten it. @throws SchedulerError */
export async function exitCodeOfTask({ id }: Pick<SlurmTask, 'id'>): Promise<number | undefined> {
  const text = await ask('scontrol', ['show', 'job', '--oneliner', id]).catch((error: unknown) => {
    if (error instanceof SchedulerError && error.message.includes('Invalid job id')) return '';
    throw error;
  });
  const [, code] = / ExitCode=([0-9]+):/.exec(text) ?? [];
  return code === undefined ? undefined : Number(code);
}

function numberIn(answer: string): string {
  const [, number] = /^([0-9]+)(;.*)?\s*$/.exec(answer) ?? [];
  if (number === undefined) throw new SchedulerError('REFUSED', `sbatch: '${answer.trim()}' is no job`);
  return number;
}

async function ask(program: string, words: readonly string[]): Promise<string> {
  try {
    const environment = { ...process.env, SLURM_TIME_FORMAT: 'standard' };
    const options = { timeout: PATIENCE, env: environment, maxBuffer: 1e8 };
    return (await promisify(execFile)(program, words, options)).stdout;
  } catch (error) {
    const { code, stderr, killed } = error as { code?: unknown; stderr?: string; killed?: boolean };
    if (code === 'ENOENT')
      throw new SchedulerError(
        'MISSING',
        `${program} is not here: is this a machine from which jobs are submitted?`,
      );
    const why = killed === true ? `no answer within ${PATIENCE / 1000} s` : (stderr ?? '').trim();
    const words = why === '' ? String(error) : why;
    // Most of them name themselves.
    const message = words.startsWith(`${program}:`) ? words : `${program}: ${words}`;
    throw new SchedulerError('REFUSED', message, { cause: error });
  }
}
