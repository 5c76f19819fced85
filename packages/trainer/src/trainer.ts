import type { BackendChoice } from './backend-choice.js';
import type { TrainingProgress } from './messages.js';

export interface TrainerOptions {
  /** Options of the data set, and the settings of training, as the experiment has them. */
  readonly data: object;
  readonly training: object;
  /** SHA-256 of the data set that is expected: where this host has it packed, its originals are not read again. */
  readonly checksum?: string;
  /** @default 'auto' */
  readonly backend?: BackendChoice;
  /**
   * Seconds without a sign of life after which a training is ended as hung. Waiting for the filesystem does not count.
   * @default 600
   */
  readonly stallSeconds?: number;
  /** The program of the child process. @default child.js of this package */
  readonly program?: string;
}

/** Thrown when the trainer can train nothing at all. */
export class TrainerError extends Error {
  override readonly name = 'TrainerError';

  constructor(
    readonly kind: 'data' | 'backend' | 'crash',
    message: string,
  ) {
    super(message);
  }
}

export interface TrainerReady {
  readonly backend: string;
  /** Its version, or the instructions of the processor that it uses. */
  readonly detail: string;
  /** Why this one, and not a better one. */
  readonly reason: string;
  /** SHA-256 of the data set. */
  readonly checksum: string;
}

export interface EvaluationControl {
  /** Aborted: checkpoint and come back. */
  readonly handBack: AbortSignal;
  /** Aborted: end at once. */
  readonly abandon: AbortSignal;
  readonly onProgress: (progress: TrainingProgress) => void;
  /** There is no room for a checkpoint, which is left out, or for the weights, for which it is waited. */
  readonly onFull?: (reason: string) => void;
}
