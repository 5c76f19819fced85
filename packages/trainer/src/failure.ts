import { KernelError } from '@galapagos/backend-simd';
import { DatasetError } from '@galapagos/datasets';
import { DnaError, ShapeError } from '@galapagos/dna';
import {
  type FailureClass,
  PopulationError,
  isMissing,
  isOutOfPlace,
  isPassing,
} from '@galapagos/population';
import { LOG_TAIL } from './exit-failure.js';
import type { TrainingOutcome } from './messages.js';
import { WeightsFileError } from './weights-file.js';

/**
 * Whether an error is this machine's, not the individual's: a full disk, a mount that is read-only or went away,
 * examples that somebody changed.
 * What an individual's own files can be (a link, a directory) is not.
 */
export function isOfThisMachine(error: unknown): boolean {
  if (error instanceof PopulationError) return error.code !== 'INVALID';
  if (error instanceof DatasetError) return true;
  const isSystemError = error instanceof Error && 'syscall' in error;
  return isSystemError && !isMissing(error) && !isOutOfPlace(error);
}

/**
 * What such an error makes of the trainer: `crash` where another one may succeed in a while, as when a network mount
 * was away; else what has to be put right first.
 */
export function unusableBy(error: unknown): 'data' | 'filesystem' | 'crash' {
  if (isPassing(error) || (error instanceof Error && isPassing(error.cause))) return 'crash';
  return error instanceof DatasetError ? 'data' : 'filesystem';
}

/** What any other error in a training means for the individual. */
export function failureOf(error: unknown): TrainingOutcome {
  const log = (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(-LOG_TAIL);
  const reason = error instanceof Error ? error.message : String(error);
  // The folder went away under us: the individual is another's now.
  if (isMissing(error)) return { kind: 'taken-away', seconds: 0, flops: 0 };
  return {
    kind: 'failed',
    seconds: 0,
    flops: 0,
    failure: { class: classOf(error), reason, log },
  };
}

function classOf(error: unknown): FailureClass {
  if (isOutOfMemory(error)) return 'out-of-memory';
  const isData = [DnaError, WeightsFileError, ShapeError, PopulationError].some(
    (kind) => error instanceof kind,
  );
  // A link or a directory where a file should be, or a file that is far too long.
  return isData || isOutOfPlace(error) ? 'bad-data' : 'crash';
}

function isOutOfMemory(error: unknown): boolean {
  if (error instanceof KernelError) return error.code === 'OUT_OF_MEMORY';
  // The engine's own words, and those of TensorFlow.
  const words = error instanceof RangeError ? /allocation|array length|memory/i : /^OOM|out of memory/;
  return error instanceof Error && words.test(error.message);
}
