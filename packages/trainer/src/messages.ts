import type { Checkpoint, FailureClass } from '@galapagos/population';

// What the worker and its trainer say to each other. Structured clones, so that numbers stay what they are.

/** What is to be trained, and where. Paths are absolute. */
export interface TrainingRequest {
  readonly id: string;
  /** Holds the DNA, and the inherited weights where there are any; only to be read. */
  readonly individual: string;
  /** The folder of this tenure: checkpoints, curve and weights go here, and nowhere else. */
  readonly output: string;
  readonly attempt: number;
  readonly seed: string;
  /** Lies in `output`: continue from it. */
  readonly resume: Checkpoint | undefined;
}

/** The result of a training that ended. Its weights lie in `output`, on disk. */
export interface TrainingResult {
  readonly fitness: number;
  /** The loss stopped being a number, so the fitness is 0 and there are no weights. */
  readonly diverged: boolean;
  readonly steps: number;
  /** Seconds and floating-point operations of the whole attempt, earlier tenures included. */
  readonly seconds: number;
  readonly flops: number;
  readonly parameters: number;
  readonly backend: string;
  /** Its version, or the instructions of the processor that it uses. */
  readonly backendDetail: string;
  /** Those, with their details, that trained it in earlier tenures; absent where there were no others. */
  readonly earlierBackends?: string[];
  /** SHA-256 of the weights file. */
  readonly weights: string | null;
}

/** Seconds and floating-point operations of one call. */
export interface Spent {
  readonly seconds: number;
  readonly flops: number;
}

/** How a training ended; seconds and operations are those of this call alone. */
export type TrainingOutcome = Spent &
  (
    | { readonly kind: 'evaluated'; readonly result: TrainingResult }
    | {
        readonly kind: 'failed';
        readonly failure: { readonly class: FailureClass; readonly reason: string; readonly log: string };
      }
    | { readonly kind: 'handed-back' }
    | { readonly kind: 'taken-away' }
  );

export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** In this call, so far. */
  readonly spent: Spent;
}

export type ToTrainer =
  { readonly type: 'train'; readonly request: TrainingRequest } | { readonly type: 'hand-back' };

export type FromTrainer =
  | {
      readonly type: 'ready';
      readonly backend: string;
      readonly detail: string;
      readonly reason: string;
      readonly checksum: string;
    }
  /** It can train nothing. `filesystem`: in the middle of a training the disk became read-only, say. `crash`: another may. */
  | {
      readonly type: 'unusable';
      readonly kind: 'data' | 'backend' | 'filesystem' | 'crash';
      readonly message: string;
    }
  /** It waits for the filesystem, which may hang: that is not a stall of the training. */
  | { readonly type: 'waiting' }
  /** There is no room: a checkpoint is left out, or the weights wait for it. */
  | { readonly type: 'full'; readonly reason: string }
  /** The filesystem has answered. */
  | { readonly type: 'working' }
  | { readonly type: 'progress'; readonly progress: TrainingProgress }
  | { readonly type: 'ended'; readonly outcome: TrainingOutcome };
