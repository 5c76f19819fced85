import { DnaError } from '@galapagos/dna';
import { DatasetError } from '@galapagos/datasets';
import { PopulationError, errorCode } from '@galapagos/population';
import { BackendError, TrainerError } from '@galapagos/trainer';
import { UsageError } from './usage-error.js';

/** What the ends of a command mean to a launcher or a scheduler. */
export const ExitCode = {
  done: 0,
  error: 1,
  usage: 2,
  noExperiment: 3,
  unfitFilesystem: 5,
  noAccelerator: 6,
  failureLimit: 7,
  requeue: 75,
  interrupted: 130,
  terminated: 143,
} as const;

/** What a filesystem says when it refuses; with `code`, since their messages name the operation and the path. */
const REFUSALS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'ENAMETOOLONG'];
/** What a network mount says that fails for a while: then a launcher is to start the worker again. */
const PASSING = [
  'EIO',
  'ESTALE',
  'ETIMEDOUT',
  'ENOTCONN',
  'ECONNRESET',
  'EAGAIN',
  'EBUSY',
  'EMFILE',
  'ENFILE',
];

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof DatasetError) return ExitCode.usage;
  if (error instanceof BackendError) return ExitCode.noAccelerator;
  if (error instanceof TrainerError) return trainerCodes[error.kind];
  if (error instanceof PopulationError) {
    return isPassing(error.cause) ? ExitCode.error : populationCodes[error.code];
  }
  if (error instanceof DnaError && error.code === 'DNA_NEWER') return ExitCode.noExperiment;
  return REFUSALS.includes(errorCode(error)) ? ExitCode.unfitFilesystem : ExitCode.error;
}

function isPassing(cause: unknown): boolean {
  return PASSING.includes(errorCode(cause));
}

/** What to say of an error: where a person can do something about it, its message is enough. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    [...REFUSALS, ...PASSING].includes(errorCode(error)) ||
    [UsageError, DatasetError, BackendError, TrainerError, PopulationError, DnaError].some(
      (kind) => error instanceof kind,
    );
  return isExpected ? error.message : (error.stack ?? error.message);
}

const trainerCodes: Record<TrainerError['kind'], number> = {
  data: ExitCode.usage,
  backend: ExitCode.noAccelerator,
  crash: ExitCode.error,
};

const populationCodes: Record<PopulationError['code'], number> = {
  NO_EXPERIMENT: ExitCode.noExperiment,
  NEWER_FORMAT: ExitCode.noExperiment,
  EXPERIMENT_EXISTS: ExitCode.usage,
  INVALID: ExitCode.error,
  UNFIT: ExitCode.unfitFilesystem,
};
