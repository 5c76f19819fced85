import { DnaError } from '@galapagos/dna';
import { DatasetError } from '@galapagos/datasets';
import { MissingParticipant, PopulationError, errorCode, isPassing } from '@galapagos/population';
import { SchedulerError } from '@galapagos/launcher';
import { BackendError, TrainerError } from '@galapagos/trainer';
import { ExitCode } from './exit-codes.js';
import { Interrupted } from './interruption.js';
import { UsageError } from './usage-error.js';

/** What a filesystem says when it refuses; with `code`, since their messages name the operation and the path. */
const REFUSALS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'ENAMETOOLONG'];

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof SchedulerError) return error.code === 'MISSING' ? ExitCode.usage : ExitCode.error;
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
  SchedulerError,
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
