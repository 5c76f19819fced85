import { KernelError } from '@galapagos/backend-simd';
import { DnaError, ShapeError } from '@galapagos/dna';
import { type FailureClass, isMissing } from '@galapagos/population';
import type { TrainingOutcome } from './messages.js';
import { WeightsFileError } from './weights-file.js';

/** The tail of a log that is kept. */
export const LOG_TAIL = 4000;

/** What an error in a training means for the individual. */
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
  if (error instanceof DnaError || error instanceof WeightsFileError || error instanceof ShapeError)
    return 'bad-data';
  return 'crash';
}

function isOutOfMemory(error: unknown): boolean {
  if (error instanceof KernelError) return error.code === 'OUT_OF_MEMORY';
  return error instanceof RangeError && /allocation|array length|memory/i.test(error.message);
}

/** What the end of the trainer's process means. */
export function failureOfExit(
  code: number | null,
  signal: NodeJS.Signals | null,
  log: string,
): Extract<TrainingOutcome, { kind: 'failed' }> {
  const outOfMemory = /heap out of memory|bad_alloc|Cannot allocate memory/i.test(log);
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  const perhaps = signal === 'SIGKILL' ? ', perhaps by the system for want of memory' : '';
  return {
    kind: 'failed',
    seconds: 0,
    flops: 0,
    failure: {
      class: outOfMemory ? 'out-of-memory' : 'crash',
      reason: `the trainer ${how}${perhaps}`,
      log: log.slice(-LOG_TAIL),
    },
  };
}
