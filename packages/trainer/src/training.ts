import type { Dna } from '@galapagos/dna';
import { CURVE_FILE, type FailureClass, WEIGHTS_FILE, sha256, writeCheckpoint } from '@galapagos/population';
import type { Arrays } from './arrays.js';
import { type TrainingState, encodeState } from './checkpoint.js';
import { ExampleStream } from './example-stream.js';
import type { NetworkCost } from './flops.js';
import { excess, memoryExcess } from './limits.js';
import type { Spent, TrainingOutcome, TrainingRequest, TrainingResult } from './messages.js';
import type { Network } from './network.js';
import { validate } from './validate.js';
import { encodeWeights } from './weights-file.js';
import { WorkTime } from './work-time.js';
import { type Workbench, ifThereIsRoom, untilThereIsRoom } from './workbench.js';

/** Seconds between two reports of progress. */
const REPORT_SECONDS = 0.5;
/** Lines of the learning curve, about. */
const CURVE_POINTS = 100;

/**
 * One training, from a state to an outcome.
 *
 * - **training**: step after step, with a checkpoint now and then; ends early when it is handed back, beyond its limit
 *   of seconds, or when the loss is no longer a number
 * - **validation**: once, after the last step; it can be handed back too
 */
export class Training {
  readonly #stream: ExampleStream;
  readonly #time: WorkTime;
  readonly #curve: [number, number][];
  #step: number;
  #loss = NaN;
  #savedStep: number;
  #checkpointAt: number;
  #reportAt: number;
  #validated = 0;

  constructor(
    private readonly bench: Workbench,
    private readonly request: TrainingRequest,
    private readonly network: Network,
    private readonly cost: NetworkCost,
    private readonly dna: Dna,
    private readonly start: TrainingState,
  ) {
    this.#stream = new ExampleStream(bench.examples.dataset.train.count, start.stream);
    this.#step = start.step;
    this.#savedStep = start.step;
    this.#curve = start.curve.map(([step, loss]) => [step, loss]);
    this.#time = new WorkTime(bench.clock, bench.cpuSeconds);
    const now = bench.clock.monotonic();
    this.#checkpointAt = now + bench.settings.checkpointSeconds;
    this.#reportAt = now;
  }

  /** What this call has spent. */
  get spent(): Spent {
    const steps = this.#step - this.start.step;
    return {
      seconds: this.#time.read(),
      flops: steps * this.cost.flopsPerStep + this.#validated * this.cost.flopsPerValidation,
    };
  }

  async run(): Promise<TrainingOutcome> {
    const { settings, handBack } = this.bench;
    const curveStride = Math.max(1, Math.floor(settings.steps / CURVE_POINTS));
    while (this.#step < settings.steps) {
      await this.bench.betweenSteps();
      if (handBack.aborted) return await this.#handBack();
      if (this.#seconds > settings.limits.seconds) return this.#tooSlow();
      if (this.bench.clock.monotonic() >= this.#checkpointAt) await this.#checkpoint();
      this.#loss = this.#trainStep();
      this.#step++;
      if (!Number.isFinite(this.#loss)) return await this.#diverged();
      if (this.#step % curveStride === 0) this.#curve.push([this.#step, this.#loss]);
      const tooMuch = this.#report() ? memoryExcess(this.bench.memoryGrowth(), settings) : undefined;
      if (tooMuch !== undefined) return this.#failed('out-of-memory', tooMuch);
    }
    return await this.#evaluate();
  }

  get #seconds(): number {
    return this.start.seconds + this.spent.seconds;
  }

  #trainStep(): number {
    const { examples, settings } = this.bench;
    const { network } = this;
    examples.training(this.#stream.next(settings.batchSize), this.#stream.random, network.training);
    const { learningRate, weightDecayRate: weightDecay } = this.dna;
    return network.step({ learningRate, weightDecay, momentum: settings.momentum });
  }

  /** Tells of progress, which also says that the training lives; not of each step. @returns Whether it did. */
  #report(): boolean {
    const { clock, settings, tell } = this.bench;
    const now = clock.monotonic();
    if (now < this.#reportAt) return false;
    this.#reportAt = now + REPORT_SECONDS;
    const progress = { step: this.#step, steps: settings.steps, loss: this.#loss, spent: this.spent };
    tell({ type: 'progress', progress });
    return true;
  }

  async #evaluate(): Promise<TrainingOutcome> {
    const { examples, handBack } = this.bench;
    const { validation } = examples.dataset;
    const fitness = await validate(this.network, examples, validation, async () => {
      await this.bench.betweenSteps();
      this.#report();
      return !handBack.aborted;
    });
    if (fitness === undefined) return await this.#handBack();
    this.#validated = validation.count;
    const arrays = this.network.values({ momentum: false });
    // The loss was that before the last update.
    if (!isFinite(arrays)) return await this.#diverged();
    const file = encodeWeights(arrays);
    const isWritten = await this.#time.without(() =>
      untilThereIsRoom(this.bench, () =>
        this.bench.filesystem.write(`${this.request.output}/${WEIGHTS_FILE}`, file),
      ),
    );
    if (!isWritten) return await this.#handBack();
    return await this.#evaluated({ fitness, diverged: false, weights: sha256(file) });
  }

  async #diverged(): Promise<TrainingOutcome> {
    return await this.#evaluated({ fitness: 0, diverged: true, weights: null });
  }

  async #evaluated(
    result: Pick<TrainingResult, 'fitness' | 'diverged' | 'weights'>,
  ): Promise<TrainingOutcome> {
    const spent = this.spent;
    await ifThereIsRoom(this.bench, () => this.#writeCurve());
    return {
      kind: 'evaluated',
      ...spent,
      result: {
        ...result,
        steps: this.#step,
        seconds: this.start.seconds + spent.seconds,
        flops: this.start.flops + spent.flops,
        parameters: this.cost.parameters,
        ...this.#trainedBy(),
      },
    };
  }

  #trainedBy(): Pick<TrainingResult, 'backend' | 'backendDetail' | 'earlierBackends'> {
    const { name, detail } = this.bench.backend;
    const earlier = this.start.backends.filter((other) => other !== backendInFull(this.bench.backend));
    return {
      backend: name,
      backendDetail: detail,
      ...(earlier.length === 0 ? {} : { earlierBackends: earlier }),
    };
  }

  async #handBack(): Promise<TrainingOutcome> {
    if (this.#step > this.#savedStep) await this.#checkpoint();
    return { kind: 'handed-back', ...this.spent };
  }

  #tooSlow(): TrainingOutcome {
    const { limits, steps } = this.bench.settings;
    const reason = excess('seconds', this.#seconds, limits.seconds);
    return this.#failed('over-limit', `${reason}, at step ${this.#step} of ${steps}`);
  }

  #failed(failureClass: FailureClass, reason: string): TrainingOutcome {
    return { kind: 'failed', ...this.spent, failure: { class: failureClass, reason, log: '' } };
  }

  async #checkpoint(): Promise<void> {
    const { filesystem, clock, settings } = this.bench;
    const { seconds, flops } = this.spent;
    const state = encodeState({
      step: this.#step,
      seconds: this.start.seconds + seconds,
      flops: this.start.flops + flops,
      stream: this.#stream.state,
      backends: [...new Set([...this.start.backends, backendInFull(this.bench.backend)])],
      curve: this.#curve,
      arrays: this.network.values({ momentum: true }),
    });
    const at = { attempt: this.request.attempt, step: this.#step };
    const isSaved = await this.#time.without(() =>
      ifThereIsRoom(this.bench, async () => {
        await writeCheckpoint(filesystem, this.request.output, at, state);
        await this.#writeCurve();
      }),
    );
    if (isSaved) this.#savedStep = this.#step;
    this.#checkpointAt = clock.monotonic() + settings.checkpointSeconds;
  }

  async #writeCurve(): Promise<void> {
    const lines = this.#curve.map(([step, loss]) => `${JSON.stringify({ step, loss })}\n`);
    await this.bench.filesystem.write(`${this.request.output}/${CURVE_FILE}`, lines.join(''));
  }
}

function backendInFull({ name, detail }: Workbench['backend']): string {
  return `${name} ${detail}`;
}

function isFinite(arrays: Arrays): boolean {
  return [...arrays.values()].every(({ values }) => values.every(Number.isFinite));
}
