import { DnaError } from '@galapagos/dna';
import { DatasetError } from '@galapagos/datasets';
import { PopulationError } from '@galapagos/population';
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

/** Whether an error is one that a person can do something about: then its message is enough. */
export function isExpected(error: unknown): boolean {
  return [UsageError, DatasetError, BackendError, TrainerError, PopulationError, DnaError].some(
    (kind) => error instanceof kind,
  );
}

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof DatasetError) return ExitCode.usage;
  if (error instanceof BackendError) return ExitCode.noAccelerator;
  if (error instanceof TrainerError) return trainerCodes[error.kind];
  if (error instanceof PopulationError) return populationCodes[error.code];
  return ExitCode.error;
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
