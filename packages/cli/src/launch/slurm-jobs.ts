import { type SlurmTask, SchedulerError, isOver, isPending, tasksOf } from '@galapagos/launcher';
import { type Population, isMissing } from '@galapagos/population';
import { z } from 'zod';
import { launchesOf } from '../logs/find-logs.js';

/** What a launch leaves beside its logs when it has submitted a job. */
export const SCRIPT_FILE = 'job.sbatch';
export const JOB_FILE = 'slurm.json';

export const SLURM_FILES: readonly string[] = [SCRIPT_FILE, JOB_FILE];

/** Seconds between two looks into the queue: Slurm is asked by everybody, and is not to be asked every second. */
export const QUEUE_SECONDS = 5;

/** More than a job has. */
const LONGEST = 10_000;

const jobSchema = z.object({ job: z.string().regex(/^[0-9]+$/) });

/** A launch by Slurm. */
export interface SlurmLaunch {
  /** Its folder in `logs/`. */
  readonly launch: string;
  /** The number of its array job. */
  readonly job: string;
}

/** The launches of an experiment that Slurm was given, the newest first. */
export async function slurmLaunches(population: Population): Promise<SlurmLaunch[]> {
  const found: SlurmLaunch[] = [];
  for (const launch of await launchesOf(population)) {
    const job = await jobOf(population, launch);
    if (job !== undefined) found.push({ launch, job });
  }
  return found;
}

/** Undefined where a launch is none by Slurm, or somebody else wrote something else there. */
async function jobOf(population: Population, launch: string): Promise<string | undefined> {
  const { filesystem } = population;
  try {
    const file = population.path(`logs/${launch}/${JOB_FILE}`);
    if ((await filesystem.kind(file)) !== 'file') return undefined;
    const written: unknown = JSON.parse(new TextDecoder().decode(await filesystem.read(file, LONGEST)));
    return jobSchema.safeParse(written).data?.job;
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * The tasks of launches that Slurm still knows. Only those that were submitted by the script of that launch: what is written
 * in a shared directory is no reason to end whatever job has that number.
 */
async function tasksOfLaunches(launches: readonly SlurmLaunch[]): Promise<SlurmTask[]> {
  const scripts = new Map(launches.map(({ launch, job }) => [job, `/logs/${launch}/${SCRIPT_FILE}`]));
  const tasks = await tasksOf([...scripts.keys()]);
  return tasks.filter(({ job, script }) => script.endsWith(scripts.get(job) ?? '/'));
}

/** The tasks of an experiment's jobs that are not over, those of the newest launch first; the last ones of each first. */
export async function openTasks(population: Population): Promise<SlurmTask[]> {
  const launches = await slurmLaunches(population);
  const tasks = await tasksOfLaunches(launches);
  const age = new Map(launches.map(({ job }, index) => [job, index]));
  return tasks
    .filter((task) => !isOver(task))
    .sort((a, b) => (age.get(a.job) ?? 0) - (age.get(b.job) ?? 0) || b.slot - a.slot);
}

/** Whether a launch was by Slurm, and a task of it runs or waits, as far as Slurm can be asked. */
export async function mayHaveTasks(population: Population, launch: string): Promise<boolean> {
  const job = await jobOf(population, launch);
  if (job === undefined) return false;
  try {
    return !(await tasksOfLaunches([{ launch, job }])).every(isOver);
  } catch (error) {
    if (error instanceof SchedulerError) return true;
    throw error;
  }
}

/** How the jobs of an experiment are; or why Slurm does not say. */
export interface JobsLook {
  readonly tasks: readonly SlurmTask[];
  readonly problem: string | undefined;
}

const NO_JOBS: JobsLook = { tasks: [], problem: undefined };

/** Nothing is asked where no launch was by Slurm. */
export async function lookAtJobs(population: Population): Promise<JobsLook> {
  const launches = await slurmLaunches(population);
  if (launches.length === 0) return NO_JOBS;
  try {
    return { tasks: await tasksOfLaunches(launches), problem: undefined };
  } catch (error) {
    if (error instanceof SchedulerError) return { tasks: [], problem: error.message };
    throw error;
  }
}

/** `4 running, 2 waiting (Resources), 1 failed`. */
export function describeTasks(tasks: readonly SlurmTask[]): string {
  const words = new Map<string, { count: number; reasons: Set<string> }>();
  for (const task of tasks) {
    const word = isPending(task) ? 'waiting' : task.state.toLowerCase().replaceAll('_', ' ');
    const entry = words.get(word) ?? { count: 0, reasons: new Set() };
    entry.count++;
    if (isPending(task) && task.reason !== 'None') entry.reasons.add(task.reason);
    words.set(word, entry);
  }
  return [...words]
    .map(
      ([word, { count, reasons }]) =>
        `${count} ${word}${reasons.size === 0 ? '' : ` (${[...reasons].join(', ')})`}`,
    )
    .join(', ');
}
