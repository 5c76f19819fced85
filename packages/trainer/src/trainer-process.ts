import type { FailureClass } from '@galapagos/population';
import type { TrainingOutcome, TrainingRequest } from './messages.js';
import { TrainerChild } from './trainer-child.js';
import { type EvaluationControl, TrainerError, type TrainerOptions, type TrainerReady } from './trainer.js';

/** Failures after which a process is as good as new. */
const HARMLESS: readonly FailureClass[] = ['over-limit', 'bad-data'];

/**
 * Trains in a process of its own, which can die without the worker: an individual that crashes it costs that
 * individual only. The process is kept warm from one individual to the next.
 */
export class TrainerProcess {
  /** Whether another can go on with what it has begun. */
  readonly keepsCheckpoints = true;
  #child: TrainerChild | undefined;

  constructor(private readonly options: TrainerOptions) {}

  /** Starts the process, if it is not there. @throws TrainerError when it can train nothing. */
  async ready(): Promise<TrainerReady> {
    return await this.#usableChild().ready;
  }

  /**
   * Trains and evaluates one individual. Failures are outcomes, not errors; one that was abandoned was taken away.
   * @throws TrainerError when the trainer can train nothing at all; PopulationError `UNFIT` when the disk refuses.
   */
  readonly evaluate = async (
    request: TrainingRequest,
    control: EvaluationControl,
  ): Promise<TrainingOutcome> => {
    const isFresh = this.#child?.hasTrained !== true;
    const outcome = await this.#evaluateHeard(request, control);
    if (isFresh || !isOutOfMemory(outcome) || control.handBack.aborted || control.abandon.aborted)
      return outcome;
    // What others left in the process is not this individual's: the same attempt once more, in one of its own.
    const again = await this.#evaluateHeard(request, control);
    return { ...again, seconds: outcome.seconds + again.seconds, flops: outcome.flops + again.flops };
  };

  /** Ends the process, at once. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill();
    await child?.exited();
  }

  async #evaluateHeard(request: TrainingRequest, control: EvaluationControl): Promise<TrainingOutcome> {
    const outcome =
      (await this.#evaluateOnce(request, control)) ??
      // It had ended before it heard of this individual, which had no part in that.
      (await this.#evaluateOnce(request, control));
    if (outcome === undefined) throw new TrainerError('crash', 'the trainer ends before it trains');
    return outcome;
  }

  #usableChild(): TrainerChild {
    if (this.#child?.isUsable !== true) this.#child = new TrainerChild(this.options);
    return this.#child;
  }

  async #evaluateOnce(
    request: TrainingRequest,
    control: EvaluationControl,
  ): Promise<TrainingOutcome | undefined> {
    const child = this.#usableChild();
    try {
      await readyUnlessAbandoned(child, control.abandon);
      const outcome = await child.train(request, control);
      // TensorFlow.js keeps tensors of a step that failed, the kernels' memory never shrinks.
      if (outcome?.kind === 'failed' && !HARMLESS.includes(outcome.failure.class)) child.kill();
      return outcome;
    } catch (error) {
      child.kill();
      if (control.abandon.aborted) return { kind: 'taken-away', seconds: 0, flops: 0 };
      // A signal to the whole process group may have ended it as it started.
      if (control.handBack.aborted) return { kind: 'handed-back', seconds: 0, flops: 0 };
      throw error;
    }
  }
}

function isOutOfMemory(outcome: TrainingOutcome): boolean {
  return outcome.kind === 'failed' && outcome.failure.class === 'out-of-memory';
}

async function readyUnlessAbandoned(child: TrainerChild, abandon: AbortSignal): Promise<void> {
  const endNow = () => child.kill();
  abandon.addEventListener('abort', endNow);
  try {
    if (abandon.aborted) endNow();
    await child.ready;
  } finally {
    abandon.removeEventListener('abort', endNow);
  }
}
