import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dna, parseDnaText } from '@galapagos/dna';
import {
  type Checkpoint,
  DNA_FILE,
  WEIGHTS_FILE,
  nodeFilesystem,
  readCheckpoint,
  sha256,
  systemClock,
  writeCheckpoint,
} from '@galapagos/population';
import type { Arrays } from '../arrays.js';
import { failureOfExit } from '../exit-failure.js';
import { failureOf, isOfThisMachine } from '../failure.js';
import { type NetworkCost, costOf } from '../flops.js';
import { excess, excessOver } from '../limits.js';
import type { FromTrainer, Spent, TrainingOutcome, TrainingRequest } from '../messages.js';
import { type Plan, planNetwork } from '../plan.js';
import { type EvaluationControl, TrainerError } from '../trainer.js';
import { decodeWeights } from '../weights-file.js';
import { ifThereIsRoom, untilThereIsRoom } from '../workbench.js';
import {
  ANSWER_FILE,
  type Answer,
  AnswerError,
  type Report,
  readAnswer,
  readLeft,
  reportIn,
} from './answer.js';
import type { CommandBench } from './command-trainer.js';
import { type End, Program } from './program.js';
import { tell } from './told.js';

/** What stands in the place of a back end, where another program trains. */
export const COMMAND = 'command';

/** Seconds between two reports that are passed on: a program may report each step. */
const REPORT_SECONDS = 0.5;

/** Exit codes by which a program says that the individual has no part in it, as those of galapagos. */
const NO_ACCELERATOR = 6;
/** Those of a shell that cannot start it. */
const NOT_STARTED = [126, 127];

/**
 * One individual, trained by one process of a program.
 *
 * - **prepared**: the DNA is read and planned, and held to the limits; what the program is told is drawn up
 * - **running**: its reports are progress, and checkpoints that are taken over into the population
 * - **ended**: its answer, or the lack of one, is the outcome
 */
export class CommandRun {
  readonly #clock = systemClock;
  readonly #begun = this.#clock.monotonic();
  #program: Program | undefined;
  #reportAt = 0;
  /** Where it begins, and where it is. */
  #from = 0;
  #step = 0;
  /** Checkpoints are taken over one after the other. */
  #taking: Promise<void> = Promise.resolve();
  #error: Error | undefined;
  #hasCheckpoints = false;

  constructor(
    private readonly bench: CommandBench,
    private readonly request: TrainingRequest,
    private readonly control: EvaluationControl,
    /** Its own folder, on this machine. */
    private readonly folder: string,
  ) {}

  async run(): Promise<TrainingOutcome> {
    let cost: NetworkCost | undefined;
    try {
      const { dna, plan } = await this.#plan();
      cost = costOf(plan, this.bench.settings.batchSize);
      const reason = excessOver(cost, this.bench.settings);
      if (reason !== undefined) return this.#failed({ class: 'over-limit', reason, log: '' }, cost);
      const resume = await this.#checkpoint();
      if (resume !== undefined) this.#from = this.#step = resume.step;
      const { bench, request, folder } = this;
      return await this.#train(await tell(bench, request, { dna, plan, folder, resume }), cost);
    } catch (error) {
      if (error instanceof TrainerError || isOfThisMachine(error)) throw error;
      const spent = cost === undefined ? {} : this.#spent(cost);
      return { ...failureOf(error), ...spent };
    }
  }

  /** Whether it has left a checkpoint. */
  get hasCheckpoints(): boolean {
    return this.#hasCheckpoints;
  }

  async #plan(): Promise<{ dna: Dna; plan: Plan }> {
    const file = `${this.request.individual}/${DNA_FILE}`;
    const dna = parseDnaText(new TextDecoder().decode(await nodeFilesystem.read(file, 1e7)), file);
    const { dataset } = this.bench;
    return { dna, plan: planNetwork(dna, dataset, dataset.classes.length) };
  }

  /** What it is to go on from, if that can be read. */
  async #checkpoint(): Promise<Checkpoint | undefined> {
    const { output, resume } = this.request;
    if (resume === undefined) return undefined;
    return (await readCheckpoint(nodeFilesystem, output, resume)) === undefined ? undefined : resume;
  }

  async #train(environment: Record<string, string>, cost: NetworkCost): Promise<TrainingOutcome> {
    const { handBack, abandon } = this.control;
    const { settings, graceSeconds } = this.bench;
    if (abandon.aborted) return { kind: 'taken-away', seconds: 0, flops: 0 };
    if (handBack.aborted) return { kind: 'handed-back', seconds: 0, flops: 0 };
    const program = new Program(this.bench.guard, this.bench.command, environment, (line) => {
      const report = reportIn(line);
      if (report !== undefined) this.#hear(report, cost);
      return report !== undefined;
    });
    this.#program = program;
    let isTooLong = false;
    const timers = [
      setTimeout(
        () => {
          isTooLong = true;
          program.tell('SIGKILL');
        },
        Math.min(settings.limits.seconds * 1000, 2 ** 31 - 1),
      ),
    ];
    const askBack = () => {
      program.tell('SIGTERM');
      timers.push(setTimeout(() => program.tell('SIGKILL'), graceSeconds * 1000));
    };
    const endNow = () => program.tell('SIGKILL');
    handBack.addEventListener('abort', askBack);
    abandon.addEventListener('abort', endNow);
    try {
      const end = await program.end;
      await this.#taking;
      if (abandon.aborted) return { kind: 'taken-away', ...this.#spent(cost) };
      if (this.#error instanceof AnswerError) return this.#misunderstood(this.#error, cost);
      if (this.#error !== undefined) throw this.#error;
      if (isTooLong) {
        const reason = excess('seconds', this.#spent(cost).seconds, settings.limits.seconds);
        return this.#failed({ class: 'over-limit', reason, log: this.#log }, cost);
      }
      return await this.#outcome(end, cost);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      handBack.removeEventListener('abort', askBack);
      abandon.removeEventListener('abort', endNow);
    }
  }

  #hear({ step, steps, loss, checkpoint }: Report, cost: NetworkCost): void {
    this.#step = step;
    const now = this.#clock.monotonic();
    if (now >= this.#reportAt) {
      this.#reportAt = now + REPORT_SECONDS;
      const of = steps ?? this.bench.settings.steps;
      this.control.onProgress({ step, steps: of, loss: loss ?? NaN, spent: this.#spent(cost) });
    }
    if (checkpoint !== undefined) {
      this.#taking = this.#taking
        .then(async () => await this.#take(checkpoint, step))
        .catch((error: unknown) => {
          // Nothing that it learns from now on would be kept.
          this.#error ??= error instanceof Error ? error : new Error(String(error));
          this.#program?.tell('SIGKILL');
        });
    }
  }

  /** Takes a checkpoint over into the population. @throws AnswerError where there is none: nobody would go on from it. */
  async #take(name: string, step: number): Promise<void> {
    const data = /[/\\]/.test(name) ? undefined : await readLeft(this.folder, name);
    if (data === undefined)
      throw new AnswerError(`the checkpoint '${name}' was announced, and is no file in GALAPAGOS_OUTPUT`);
    const { output, attempt } = this.request;
    await ifThereIsRoom(this.#room, () => writeCheckpoint(nodeFilesystem, output, { attempt, step }, data));
    this.#hasCheckpoints = true;
    await unlink(join(this.folder, name));
  }

  async #outcome({ code, signal }: End, cost: NetworkCost): Promise<TrainingOutcome> {
    if (code === NO_ACCELERATOR)
      throw new TrainerError('backend', this.#lastWords('it can train nothing here (6)'));
    if (NOT_STARTED.includes(code ?? 0))
      throw new TrainerError('data', this.#lastWords(`the shell cannot start it (${code})`));
    try {
      const answer = await readAnswer(this.folder);
      if (answer !== undefined && code === 0) return await this.#heed(answer, cost);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      return this.#misunderstood(error, cost);
    }
    if (this.control.handBack.aborted) return { kind: 'handed-back', ...this.#spent(cost) };
    const failure = failureOfExit(code, signal, this.#log);
    const reason = code === 0 ? `the trainer left no ${ANSWER_FILE} in GALAPAGOS_OUTPUT` : failure.reason;
    return this.#failed({ ...failure, reason }, cost);
  }

  async #heed(answer: Answer, cost: NetworkCost): Promise<TrainingOutcome> {
    if ('failure' in answer) return this.#failed({ ...answer.failure, log: this.#log }, cost);
    const { settings, dataset } = this.bench;
    const { fitness, diverged, backend = this.bench.command, steps = settings.steps } = answer;
    this.#step = steps;
    const weights = diverged ? null : await this.#takeWeights();
    if (weights === undefined) return { kind: 'handed-back', ...this.#spent(cost) };
    const { seconds } = this.#spent(cost);
    const flops =
      answer.flops ?? this.#spent(cost).flops + dataset.validation.count * cost.flopsPerValidation;
    const result = {
      ...{ fitness: diverged ? 0 : fitness, diverged, steps, seconds, flops, weights },
      backend: COMMAND,
      backendDetail: backend,
      parameters: answer.parameters ?? cost.parameters,
    };
    return { kind: 'evaluated', seconds, flops, result };
  }

  /** @returns Their hash; null where there are none, undefined where it was to hand back before there was room for them. */
  async #takeWeights(): Promise<string | null | undefined> {
    const data = await readLeft(this.folder, WEIGHTS_FILE);
    if (data === undefined) return null;
    // A child would inherit what is none.
    requireFinite(decodeWeights(data).arrays);
    const file = join(this.request.output, WEIGHTS_FILE);
    const isWritten = await untilThereIsRoom(this.#room, () => nodeFilesystem.write(file, data));
    return isWritten ? sha256(data) : undefined;
  }

  get #log(): string {
    return this.#program?.log ?? '';
  }

  get #room() {
    const { handBack, onFull } = this.control;
    const tell = (message: FromTrainer) => {
      if (message.type === 'full') onFull?.(message.reason);
    };
    return { clock: this.#clock, handBack, tell };
  }

  #spent({ flopsPerStep }: NetworkCost): Spent {
    const steps = Math.max(0, this.#step - this.#from);
    return { seconds: this.#clock.monotonic() - this.#begun, flops: steps * flopsPerStep };
  }

  #failed(
    failure: Extract<TrainingOutcome, { kind: 'failed' }>['failure'],
    cost: NetworkCost,
  ): TrainingOutcome {
    return { kind: 'failed', failure, ...this.#spent(cost) };
  }

  #misunderstood({ message }: AnswerError, cost: NetworkCost): TrainingOutcome {
    return this.#failed({ class: 'crash', reason: message, log: this.#log }, cost);
  }

  #lastWords(what: string): string {
    const words = this.#log.trim().split('\n').slice(-3).join('\n');
    return `${this.bench.command}: ${what}${words === '' ? '' : `: ${words}`}`;
  }
}

/** @throws AnswerError: whoever inherited them could learn nothing. */
function requireFinite(arrays: Arrays): void {
  for (const [name, { values }] of arrays)
    if (!values.every(Number.isFinite))
      throw new AnswerError(`${WEIGHTS_FILE}: ${name} is not finite; a network that diverged says so`);
}
