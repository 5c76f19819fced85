import { chmod, open, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type LaunchResult,
  type SlurmTask,
  SchedulerError,
  cancel,
  exitCodeOf,
  exitCodeOfTask,
  isOver,
  submit,
  submitAgain,
  tasksOf,
} from '@galapagos/launcher';
import { type Population, READING, formatDocument, isMissing } from '@galapagos/population';
import { messageOf } from '../failures.js';
import { untilInterrupted } from '../interruption.js';
import { launchName, makeLogDirectory } from '../logs/log-directory.js';
import { showProgress } from '../progress.js';
import { refuseCrowd, refuseTooMany } from '../refuse-crowd.js';
import { JOB_FILE, QUEUE_SECONDS, SCRIPT_FILE, describeTasks } from './slurm-jobs.js';
import { type SlurmRequest, jobScriptOf, warningOf } from './slurm-options.js';
import { near, countWorkers } from './tell-ends.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { type WorkerRequest, workerArguments } from './worker-arguments.js';
import { PROGRAM_FILE } from '../program.js';

export interface SlurmLaunchRequest {
  readonly population: Population;
  readonly workers: number;
  readonly worker: WorkerRequest;
  readonly slurm: SlurmRequest;
  /** Only says what it would submit. */
  readonly isDryRun: boolean;
  readonly terminal: Terminal;
}

/**
 * Submits workers to Slurm, and follows them until they have ended, or somebody does not want to any more.
 * @returns The exit code.
 * @throws UsageError, SchedulerError
 */
export async function launchOnSlurm(request: SlurmLaunchRequest): Promise<number> {
  const { population, workers, slurm, isDryRun, terminal } = request;
  refuseTooMany(population.experiment.search, workers, terminal);
  const warning = warningOf(slurm);
  if (warning !== undefined) terminal.err(warning);
  if (isDryRun) {
    for (const line of scriptFor(request, population.path(`logs/${launchName(population)}`))
      .trimEnd()
      .split('\n'))
      terminal.out(line);
    return 0;
  }
  await refuseCrowd(population, workers);
  // Before anything is made: a wrong option leaves nothing behind.
  scriptFor(request, population.path('logs'));
  const logs = await makeLogDirectory(population);
  const job = await submitFrom(population, logs, async (script) => {
    await writeOwnScript(script, scriptFor(request, logs));
    return await submit(script);
  });
  terminal.err(`job ${job}: ${countWorkers(workers)}; logs: ${near(population.path('logs'))}`);
  return slurm.detach ? 0 : await follow(population, job, terminal);
}

/**
 * Submits the script of an earlier launch once more, for more workers. @returns The number of the job.
 * @throws UsageError where somebody else may have written it: it is carried out as whoever submits it.
 */
export async function launchMore(population: Population, earlier: string, workers: number): Promise<string> {
  const text = await readOwnScript(population.path(`logs/${earlier}/${SCRIPT_FILE}`));
  const logs = await makeLogDirectory(population);
  return await submitFrom(population, logs, async (script) => {
    await writeOwnScript(script, text);
    return await submitAgain(script, { workers, logDirectory: logs });
  });
}

/** In a directory of a group others could change it: nobody else may write it. */
async function writeOwnScript(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx', mode: 0o644 });
  await chmod(path, 0o644);
}

const REMEDY = 'launch more workers with galapagos launch --slurm';

async function readOwnScript(path: string): Promise<string> {
  const file = await open(path, READING).catch((error: unknown) => {
    throw isMissing(error) ? new UsageError(`${path}: ${REMEDY}`, { cause: error }) : error;
  });
  try {
    const { uid, mode } = await file.stat();
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
      throw new UsageError(`${path}: another user wrote it, or may have; ${REMEDY}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function scriptFor({ population, workers, worker, slurm }: SlurmLaunchRequest, logDirectory: string): string {
  return jobScriptOf(slurm, {
    workers,
    command: [
      process.execPath,
      PROGRAM_FILE,
      'worker',
      population.root,
      ...workerArguments(worker, { isOutputKept: true }),
    ],
    logDirectory,
    jobName: `galapagos-${basename(population.root).replaceAll(/[^\w.-]/g, '_')}`,
  });
}

/** Submits, and writes down what; where either fails neither the job nor the folder stays. */
async function submitFrom(
  population: Population,
  logs: string,
  submitting: (script: string) => Promise<string>,
): Promise<string> {
  const { filesystem } = population;
  const script = `${logs}/${SCRIPT_FILE}`;
  let job: string | undefined;
  try {
    job = await submitting(script);
    const submittedAt = population.clock.now().toISOString();
    await filesystem.write(`${logs}/${JOB_FILE}`, formatDocument({ job, submittedAt }));
    return job;
  } catch (error) {
    if (job !== undefined) await cancelUnwritten(job);
    for (const file of [script, `${logs}/${JOB_FILE}`]) await filesystem.unlink(file).catch(() => undefined);
    await filesystem.removeDirectory(logs).catch(() => undefined);
    throw error;
  }
}

/** It could not be written down: `stop` and `scale` would not know of it. */
async function cancelUnwritten(job: string): Promise<void> {
  try {
    await cancel([{ id: job }]);
  } catch (error) {
    throw new SchedulerError(
      'REFUSED',
      `job ${job} was submitted, and could not be cancelled; do so by hand`,
      {
        cause: error,
      },
    );
  }
}

/** @returns The exit code of the gravest end of a task, once all are over; 0 for whoever does not want to wait for that. */
async function follow(population: Population, job: string, terminal: Terminal): Promise<number> {
  const { clock } = population;
  const interruption = untilInterrupted();
  const ended = new AbortController();
  interruption.signal.addEventListener('abort', () => ended.abort());
  const showing = showProgress(
    population,
    terminal,
    { seconds: undefined, isWaiting: () => false },
    ended.signal,
  ).catch((error: unknown) => {
    terminal.err(`the experiment can no longer be read: ${messageOf(error)}`);
  });
  try {
    const queue = new QueueNews(job, terminal);
    while (!interruption.signal.aborted) {
      if (await queue.look()) return await queue.exitCode();
      await clock.sleep(QUEUE_SECONDS, interruption.signal);
    }
    terminal.err(`job ${job} goes on: galapagos status shows it, galapagos stop ends it`);
    return 0;
  } finally {
    ended.abort();
    interruption.close();
    await showing;
    terminal.status('');
  }
}

/** Tells what changes in the queue. */
class QueueNews {
  #tasks: readonly SlurmTask[] = [];
  #told = '';
  readonly #over = new Set<string>();

  constructor(
    private readonly job: string,
    private readonly terminal: Terminal,
  ) {}

  /** @returns Whether all are over. */
  async look(): Promise<boolean> {
    const { job, terminal } = this;
    const tasks = await this.#ask();
    if (tasks === undefined) return false;
    // What ended long ago Slurm has forgotten.
    const isForgotten = tasks.length === 0 && this.#tasks.length > 0;
    if (!isForgotten) this.#tasks = tasks;
    const words = describeTasks(this.#tasks);
    if (words !== this.#told) terminal.err(`job ${job}: ${words}`);
    this.#told = words;
    for (const task of this.#tasks.filter((one) => isOver(one) && !this.#over.has(one.id))) {
      this.#over.add(task.id);
      if (task.state !== 'COMPLETED')
        terminal.err(`task ${task.slot} ended on ${task.node === '' ? 'no node' : task.node}: ${task.state}`);
    }
    return isForgotten || (this.#tasks.length > 0 && this.#tasks.every(isOver));
  }

  async exitCode(): Promise<number> {
    const slots: LaunchResult['slots'] = [];
    for (const task of this.#tasks) {
      const exitCode = task.state === 'COMPLETED' ? 0 : ((await exitCodeOfTask(task)) ?? 1);
      slots.push({ slot: task.slot, exitCode, restarts: 0, failures: 0, killed: false });
    }
    return exitCodeOf(slots);
  }

  /** Undefined where Slurm does not answer, which is told once. */
  async #ask(): Promise<SlurmTask[] | undefined> {
    try {
      return await tasksOf([this.job]);
    } catch (error) {
      if (!(error instanceof SchedulerError)) throw error;
      if (this.#told !== error.message) this.terminal.err(`Slurm does not answer: ${error.message}`);
      this.#told = error.message;
      return undefined;
    }
  }
}
