import { type Dna, parseDnaText } from '@galapagos/dna';
import {
  type Clock,
  DNA_FILE,
  type Filesystem,
  INHERITED_FILE,
  WEIGHTS_FILE,
  readCheckpoint,
  sha256,
  writeCheckpoint,
} from '@galapagos/population';
import type { Backend } from './backend.js';
import { type TrainingState, decodeState, encodeState } from './checkpoint.js';
import { ExampleStream } from './example-stream.js';
import type { Examples } from './examples.js';
import { type NetworkCost, costOf } from './flops.js';
import { startingWeights } from './inherit-weights.js';
import type { FromTrainer, TrainingOutcome, TrainingRequest, TrainingResult } from './messages.js';
import { Network } from './network.js';
import { parametersOf } from './parameters.js';
import { planNetwork } from './plan.js';
import { type Limits, type TrainingSettings } from './settings.js';
import { validate } from './validate.js';
import { decodeWeights, encodeWeights } from './weights-file.js';

/** What a trainer works with. */
export interface Workbench {
  readonly backend: Backend;
  readonly examples: Examples;
  readonly settings: TrainingSettings;
  readonly filesystem: Filesystem;
  readonly clock: Clock;
  readonly tell: (message: FromTrainer) => void;
  /** Between two steps: lets messages in, and does not return when the parent process is gone. */
  readonly betweenSteps: () => Promise<void>;
  /** Aborted: checkpoint, and end. */
  readonly handBack: AbortSignal;
}

/** Seconds between two reports of progress. */
const REPORT_SECONDS = 0.5;
/** Lines of the learning curve, about. */
const CURVE_POINTS = 100;
export const CURVE_FILE = 'curve.jsonl';

/**
 * Trains one individual and evaluates it: weights are inherited or continued, a constant learning rate, one
 * validation at the end (section 3.4 and 4).
 */
export async function trainIndividual(bench: Workbench, request: TrainingRequest): Promise<TrainingOutcome> {
  const dna = await readDna(bench, request);
  const plan = planNetwork(dna, bench.examples.dataset, bench.examples.dataset.classes.length);
  const cost = costOf(plan, bench.settings.batchSize);
  const excess = overLimit(cost, bench.settings);
  if (excess !== undefined) return failed('over-limit', excess);
  const start = await startingState(bench, request, dna);
  const network = new Network(plan, bench.backend.operations, start.arrays);
  try {
    return await new Training(bench, request, network, cost, dna, start).run();
  } finally {
    network.dispose();
  }
}

class Training {
  readonly #stream: ExampleStream;
  readonly #startedAt: number;
  #step: number;
  #checkpointAt: number;
  #curve = '';

  constructor(
    private readonly bench: Workbench,
    private readonly request: TrainingRequest,
    private readonly network: Network,
    private readonly cost: NetworkCost,
    private readonly dna: Dna,
    private readonly start: TrainingState,
  ) {
    const { count } = bench.examples.dataset.train;
    this.#stream = new ExampleStream(count, start.stream);
    this.#step = start.step;
    this.#startedAt = bench.clock.monotonic();
    this.#checkpointAt = this.#startedAt + bench.settings.checkpointSeconds;
  }

  /** What this call has spent. */
  get spent(): { seconds: number; flops: number } {
    const seconds = this.bench.clock.monotonic() - this.#startedAt;
    return { seconds, flops: (this.#step - this.start.step) * this.cost.flopsPerStep };
  }

  async run(): Promise<TrainingOutcome> {
    const { settings, clock, tell, handBack } = this.bench;
    const stride = Math.max(1, Math.floor(settings.steps / CURVE_POINTS));
    let reportAt = this.#startedAt;
    while (this.#step < settings.steps) {
      await this.bench.betweenSteps();
      if (handBack.aborted) return await this.#handBack();
      const now = clock.monotonic();
      if (now >= this.#checkpointAt) await this.#checkpoint();
      if (this.#seconds > settings.limits.seconds) return this.#tooSlow();
      const loss = this.#trainStep();
      this.#step++;
      if (!Number.isFinite(loss)) return await this.#evaluated({ fitness: 0, diverged: true, weights: null });
      if (this.#step % stride === 0) this.#curve += `${JSON.stringify({ step: this.#step, loss })}\n`;
      if (now < reportAt) continue;
      reportAt = now + REPORT_SECONDS;
      tell({ type: 'progress', progress: { step: this.#step, steps: settings.steps, loss } });
    }
    return await this.#finish();
  }

  get #seconds(): number {
    return this.start.seconds + this.spent.seconds;
  }

  #trainStep(): number {
    const { examples, settings } = this.bench;
    const { images, labels } = examples.training(this.#stream.next(settings.batchSize), this.#stream.random);
    const { learningRate, weightDecayRate: weightDecay } = this.dna;
    const loss = this.network.step(images, labels, {
      learningRate,
      weightDecay,
      momentum: settings.momentum,
    });
    images.dispose();
    labels.dispose();
    return loss;
  }

  async #finish(): Promise<TrainingOutcome> {
    const { examples, tell, filesystem } = this.bench;
    const fitness = await validate(
      this.network,
      examples,
      examples.dataset.validation,
      this.bench.betweenSteps,
    );
    const file = encodeWeights(this.network.values({ momentum: false }));
    tell({ type: 'writing' });
    await filesystem.write(`${this.request.output}/${WEIGHTS_FILE}`, file, { sync: true });
    return await this.#evaluated({ fitness, diverged: false, weights: sha256(file) });
  }

  async #evaluated(
    result: Pick<TrainingResult, 'fitness' | 'diverged' | 'weights'>,
  ): Promise<TrainingOutcome> {
    await this.#writeCurve();
    const validation = this.cost.flopsPerValidation * this.bench.examples.dataset.validation.count;
    const spent = this.spent;
    const flops = spent.flops + validation;
    return {
      kind: 'evaluated',
      seconds: spent.seconds,
      flops,
      result: {
        ...result,
        steps: this.#step,
        seconds: this.start.seconds + spent.seconds,
        flops: this.start.flops + flops,
        parameters: this.cost.parameters,
        backend: this.bench.backend.name,
      },
    };
  }

  async #handBack(): Promise<TrainingOutcome> {
    if (this.#step > this.start.step) await this.#checkpoint();
    return { kind: 'handed-back', ...this.spent };
  }

  #tooSlow(): TrainingOutcome {
    const { limits, steps } = this.bench.settings;
    const reason = `after ${Math.round(this.#seconds)} s only ${this.#step} of ${steps} steps were done; limits.seconds is ${limits.seconds}`;
    return { ...failed('over-limit', reason), ...this.spent };
  }

  async #checkpoint(): Promise<void> {
    const { filesystem, clock, settings, tell } = this.bench;
    const { seconds, flops } = this.spent;
    const state = encodeState({
      step: this.#step,
      seconds: this.start.seconds + seconds,
      flops: this.start.flops + flops,
      stream: this.#stream.state,
      arrays: this.network.values({ momentum: true }),
    });
    tell({ type: 'writing' });
    const at = { attempt: this.request.attempt, step: this.#step };
    await writeCheckpoint(filesystem, this.request.output, at, state);
    await this.#writeCurve();
    this.#checkpointAt = clock.monotonic() + settings.checkpointSeconds;
  }

  async #writeCurve(): Promise<void> {
    const { filesystem } = this.bench;
    await filesystem.write(`${this.request.output}/${CURVE_FILE}`, this.#curve, { sync: false });
  }
}

async function readDna({ filesystem }: Workbench, { individual }: TrainingRequest): Promise<Dna> {
  const file = `${individual}/${DNA_FILE}`;
  return parseDnaText(new TextDecoder().decode(await filesystem.read(file, 1e7)), file);
}

async function startingState(bench: Workbench, request: TrainingRequest, dna: Dna): Promise<TrainingState> {
  const { filesystem, examples } = bench;
  const resumed = request.resume && (await readCheckpoint(filesystem, request.output, request.resume));
  if (resumed !== undefined) return decodeState(resumed);
  const names = await filesystem.list(request.individual);
  const inherited = names.includes(INHERITED_FILE)
    ? decodeWeights(await filesystem.read(`${request.individual}/${INHERITED_FILE}`)).arrays
    : undefined;
  const specs = parametersOf(planNetwork(dna, examples.dataset, examples.dataset.classes.length));
  return {
    step: 0,
    seconds: 0,
    flops: 0,
    stream: new ExampleStream(examples.dataset.train.count, `${request.seed}|examples`).state,
    arrays: startingWeights(specs, inherited, request.seed),
  };
}

function overLimit(cost: NetworkCost, { limits, batchSize }: TrainingSettings): string | undefined {
  const found: [keyof Limits, number][] = [
    ['parameters', cost.parameters],
    ['flopsPerExample', cost.flopsPerStep / batchSize],
    ['memoryBytes', cost.memoryBytes],
  ];
  const beyond = found.find(([limit, value]) => value > limits[limit]);
  if (beyond === undefined) return undefined;
  const [limit, value] = beyond;
  return `${Math.round(value)} ${limit}; limits.${limit} is ${limits[limit]}`;
}

function failed(failure: 'over-limit', reason: string) {
  return { kind: 'failed', seconds: 0, flops: 0, failure: { class: failure, reason, log: '' } } as const;
}
