import { DnaError } from '@galapagos/dna';
import { DatasetError } from '@galapagos/datasets';
import { MissingParticipant, PopulationError, errorCode, isPassing } from '@galapagos/population';
import { BackendError, TrainerError } from '@galapagos/trainer';
import { Interrupted } from './interruption.js';
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

/** What the ends mean to a person, and whether a launcher starts the worker again. */
export const exitCodes: readonly {
  readonly codes: readonly number[];
  readonly meaning: string;
  readonly restarts: string;
}[] = [
  { codes: [ExitCode.done], meaning: 'Done, or asked to stop.', restarts: 'no' },
  {
    codes: [ExitCode.error],
    meaning: 'An error; `fsck`: a promise is broken; `show`: no such individual.',
    restarts: 'yes, with back-off',
  },
  {
    codes: [ExitCode.usage],
    meaning: 'The command line, the configuration or the data is wrong.',
    restarts: 'no',
  },
  {
    codes: [ExitCode.noExperiment],
    meaning: 'No such experiment, or one that this version or this data does not go with.',
    restarts: 'no',
  },
  {
    codes: [ExitCode.unfitFilesystem],
    meaning:
      'The filesystem is unfit: read-only, forbidden, full as one begins, without an atomic rename (`doctor`). One that fails for a while ends with 1.',
    restarts: 'no',
  },
  {
    codes: [ExitCode.noAccelerator],
    meaning: 'The back end that was asked for cannot be used.',
    restarts: 'no',
  },
  { codes: [ExitCode.failureLimit], meaning: 'Too many failures in a row.', restarts: 'no' },
  { codes: [ExitCode.requeue], meaning: 'SIGUSR1: queue me again.', restarts: 'yes' },
  {
    codes: [ExitCode.interrupted, ExitCode.terminated],
    meaning: 'Left at once: a second SIGINT or SIGTERM.',
    restarts: 'yes, if the launcher did not send it',
  },
];

/** What a filesystem says when it refuses; with `code`, since their messages name the operation and the path. */
const REFUSALS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'ENAMETOOLONG'];

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof Interrupted)
    return error.signal === 'SIGTERM' ? ExitCode.terminated : ExitCode.interrupted;
  if (error instanceof DatasetError) return isPassing(error.cause) ? ExitCode.error : ExitCode.usage;
  if (error instanceof BackendError) return ExitCode.noAccelerator;
  if (error instanceof TrainerError) return trainerCodes[error.kind];
  if (error instanceof PopulationError) {
    return isPassing(error.cause) ? ExitCode.error : populationCodes[error.code];
  }
  if (error instanceof DnaError && error.code === 'DNA_NEWER') return ExitCode.noExperiment;
  return REFUSALS.includes(errorCode(error)) ? ExitCode.unfitFilesystem : ExitCode.error;
}

const expected = [
  UsageError,
  DatasetError,
  BackendError,
  TrainerError,
  PopulationError,
  DnaError,
  MissingParticipant,
  Interrupted,
];

/** What to say of an error: where a person can do something about it, its message is enough. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    REFUSALS.includes(errorCode(error)) || isPassing(error) || expected.some((kind) => error instanceof kind);
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
