import { SchedulerError, type SlurmTask, askToGiveBack, cancel, isPending } from '@galapagos/launcher';
import type { Population } from '@galapagos/population';
import { duration } from '../format.js';
import { describeTasks, openTasks } from './slurm-jobs.js';
import type { Terminal } from '../terminal.js';

/** Seconds between two looks into the queue. */
const LOOK_SECONDS = 2;
/** Seconds after which whoever runs has not heard of the order: it had not begun yet, and those that come later do not mind it. */
const HEARD_SECONDS = 8;

/**
 * Sees to it that no job of an experiment is left that was told to stop: what waits for its turn is taken out of the queue
 * at once, what still runs when the grace is over is cancelled.
 * @throws SchedulerError
 */
export async function endJobs(
  population: Population,
  graceSeconds: number,
  terminal: Terminal,
): Promise<void> {
  const { clock } = population;
  const begun = clock.monotonic();
  const until = begun + graceSeconds;
  const asked = new Set<string>();
  let open = await openTasksIfThereIsSlurm(population, terminal);
  if (open.length === 0) return;
  terminal.err(`jobs: ${describeTasks(open)}; waiting for them to end, at most ${duration(graceSeconds)}`);
  for (; open.length > 0; open = await openTasks(population)) {
    // One that was preempted just before it heard of the order waits for its turn again.
    await cancel(open.filter(isPending));
    const now = clock.monotonic();
    if (now >= until) break;
    if (now >= begun + HEARD_SECONDS) {
      const deaf = open.filter((task) => !isPending(task) && !asked.has(task.id));
      await askToGiveBack(deaf);
      for (const { id } of deaf) asked.add(id);
    }
    await clock.sleep(LOOK_SECONDS);
  }
  if (open.length === 0) return terminal.err('jobs: all have ended');
  await cancel(open);
  terminal.err(
    `jobs: ${idsOf(open)} did not end by themselves, and are cancelled; what they trained is adopted`,
  );
}

/** A search may have been moved to where there is none. */
async function openTasksIfThereIsSlurm(population: Population, terminal: Terminal): Promise<SlurmTask[]> {
  try {
    return await openTasks(population);
  } catch (error) {
    if (!(error instanceof SchedulerError) || error.code !== 'MISSING') throw error;
    terminal.err(`jobs of Slurm that wait for their turn stay in the queue: ${error.message}`);
    return [];
  }
}

function idsOf(tasks: readonly SlurmTask[]): string {
  return tasks.map(({ id }) => id).join(', ');
}
