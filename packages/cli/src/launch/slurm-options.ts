import { type SbatchOptions, parseSlurmTime, renderSbatch } from '@galapagos/launcher';
import { UsageError } from '../usage-error.js';

const text = { type: 'string', requiresArg: true } as const;

/** What `launch --slurm` asks of Slurm. */
export const slurmOptions = {
  slurm: {
    describe: 'Submit an array job to Slurm, a worker in each task, and follow it',
    type: 'boolean',
    default: false,
  },
  detach: { describe: 'With --slurm: submit, and do not follow', type: 'boolean', default: false },
  time: { ...text, describe: 'With --slurm: the time limit of a task, as sbatch takes it: 04:00:00' },
  partition: { ...text, describe: 'With --slurm: the partition' },
  account: { ...text, describe: 'With --slurm: the account that pays' },
  gres: { ...text, describe: 'With --slurm: what a worker gets: gpu:1' },
  constraint: { ...text, describe: 'With --slurm: the kind of node' },
  mem: { ...text, describe: 'With --slurm: memory of a worker: 4G' },
  sbatch: {
    describe: 'With --slurm: any other option of sbatch: --sbatch qos=long --sbatch exclusive',
    type: 'string',
    array: true,
    requiresArg: true,
    default: [] as string[],
  },
  setup: {
    describe: "With --slurm: a line of shell before the worker: --setup 'module load nodejs'",
    type: 'string',
    array: true,
    requiresArg: true,
    default: [] as string[],
  },
} as const;

/** As they were given. */
export interface SlurmRequest {
  readonly slurm: boolean;
  readonly detach: boolean;
  readonly time: string | undefined;
  readonly partition: string | undefined;
  readonly account: string | undefined;
  readonly gres: string | undefined;
  readonly constraint: string | undefined;
  readonly mem: string | undefined;
  readonly sbatch: readonly string[];
  readonly setup: readonly string[];
}

/** @throws UsageError where an option makes no sense. */
export function jobScriptOf(
  request: SlurmRequest,
  rest: Pick<SbatchOptions, 'workers' | 'command' | 'logDirectory' | 'jobName'>,
): string {
  const { time, partition, account, gres, constraint, mem, sbatch, setup } = request;
  if (time !== undefined && parseSlurmTime(time) === undefined)
    throw new UsageError(`--time ${time}: a time limit as sbatch takes it: 30 (minutes), 4:00:00, 2-12`);
  const chosen = Object.entries({ time, partition, account, gres, constraint, mem });
  try {
    return renderSbatch({
      ...rest,
      ...Object.fromEntries(chosen.filter(([, value]) => value !== undefined)),
      extra: Object.fromEntries(sbatch.map(extraOf)),
      setup,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** `qos=long`, `exclusive`. */
function extraOf(option: string): [string, string | true] {
  const name = option.replace(/^--/, '');
  const equals = name.indexOf('=');
  return equals < 0 ? [name, true] : [name.slice(0, equals), name.slice(equals + 1)];
}

/** Seconds of a task within which there is hardly time for anything: two minutes before its end it is told to leave. */
const SHORT_SECONDS = 600;

/** What to say of a time limit that is short. */
export function warningOf({ time }: SlurmRequest): string | undefined {
  const seconds = time === undefined ? undefined : parseSlurmTime(time);
  if (seconds === undefined || seconds >= SHORT_SECONDS) return undefined;
  return `--time ${time}: workers are told to leave two minutes before the end, so that tasks are queued again and again; sbatch reads a single number as minutes`;
}
