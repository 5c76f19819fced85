/** Seconds before the end of its job at which a worker leaves that nobody has warned; less where it has little time. */
const LEAD_SECONDS = 60;
const LEAD_PART = 1 / 4;
/** The longest time that a timer of Node can wait, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls once when the time limit of the job is near (`SLURM_JOB_END_TIME`): Slurm can be asked for a warning
 * (`--signal`), but need not have been.
 * @returns Forgets it.
 */
export function beforeJobEnds(
  clock: { now(): Date },
  call: () => void,
  environment: NodeJS.ProcessEnv = process.env,
): () => void {
  const milliseconds = timeBefore(environment['SLURM_JOB_END_TIME'], clock.now());
  if (milliseconds === undefined || milliseconds > LONGEST_MS) return () => undefined;
  const timer = setTimeout(call, milliseconds).unref();
  return () => clearTimeout(timer);
}

/** Milliseconds until one has to leave; undefined where the job has no end. @param endTime In seconds since 1970. */
export function timeBefore(endTime: string | undefined, now: Date): number | undefined {
  const left = Number(endTime) * 1000 - now.getTime();
  if (endTime === undefined || endTime === '' || !Number.isFinite(left)) return undefined;
  return Math.max(0, left - Math.min(LEAD_SECONDS * 1000, LEAD_PART * left));
}
