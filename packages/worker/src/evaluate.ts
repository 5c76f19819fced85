import type { Checkpoint, Evaluation, Failure, IndividualId } from '@galapagos/population';

/** What is to be trained, and where. Paths are absolute. */
export interface EvaluationRequest {
  readonly id: IndividualId;
  /** Holds the DNA, and the inherited weights where there are any; only to be read. */
  readonly individual: string;
  /** The folder of this tenure: checkpoints, log and weights go here, and nowhere else. */
  readonly output: string;
  readonly attempt: number;
  readonly seed: string;
  /** Lies in `output`: continue from it. */
  readonly resume: Checkpoint | undefined;
}

/** What has been spent, also where it came to nothing. */
export interface Cost {
  /** Seconds of training in this call. */
  readonly seconds: number;
  /** Floating-point operations in this call. */
  readonly flops: number;
}

/** How an evaluation ended. */
export type Outcome = Cost &
  (
    | {
        readonly kind: 'evaluated';
        /** The weights lie in `output`; the worker has them on disk. */
        readonly result: Pick<
          Evaluation,
          | 'fitness'
          | 'diverged'
          | 'steps'
          | 'seconds'
          | 'flops'
          | 'parameters'
          | 'backend'
          | 'backendDetail'
          | 'earlierBackends'
          | 'weights'
        >;
      }
    | { readonly kind: 'failed'; readonly failure: Pick<Failure, 'class' | 'reason' | 'log'> }
    /** Stopped on request, after a checkpoint where it was worth one. */
    | { readonly kind: 'handed-back' }
    /** Its folder went away: another adopted it. */
    | { readonly kind: 'taken-away' }
  );

export interface Progress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** What this call has spent so far: it is written down while it is being spent, should the worker be killed. */
  readonly spent?: Cost;
}

/**
 * How an individual is evaluated. The worker knows nothing else of training. What is wrong with the individual is
 * an outcome; an exception says that nothing can be trained here: it ends the worker, the individual is given back.
 */
export type Evaluate = (
  request: EvaluationRequest,
  control: {
    /** Aborted: checkpoint and come back. */
    readonly handBack: AbortSignal;
    /** Aborted: stop at once; the individual is not ours any more, or there is no time. */
    readonly abandon: AbortSignal;
    readonly onProgress: (progress: Progress) => void;
    /** There is no room for a checkpoint, which is left out, or for the weights, for which it is waited. */
    readonly onFull?: (reason: string) => void;
  },
) => Promise<Outcome>;
