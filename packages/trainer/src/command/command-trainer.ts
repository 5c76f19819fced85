import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Dataset, datasetOptionsSchema, loadDataset, packFileOf } from '@galapagos/datasets';
import type { TrainingOutcome, TrainingRequest } from '../messages.js';
import { type TrainingSettings, trainingSchema } from '../settings.js';
import { type EvaluationControl, TrainerError, type TrainerOptions, type TrainerReady } from '../trainer.js';
import { COMMAND, CommandRun } from './command-run.js';

export interface CommandTrainerOptions extends Pick<TrainerOptions, 'data' | 'training' | 'checksum'> {
  /** A program and its arguments, as a shell reads them. */
  readonly command: string;
  /** Seconds that it has to come back, when it is asked to. @default 30 */
  readonly graceSeconds?: number;
  /** The program that guards it. @default guard.js of this package */
  readonly guard?: string;
}

const GUARD = fileURLToPath(new URL('./guard.js', import.meta.url));

/** What is prepared once, for all individuals. */
export interface CommandBench {
  readonly command: string;
  readonly graceSeconds: number;
  readonly guard: string;
  readonly dataset: Dataset;
  /** The examples, packed: all of it. */
  readonly dataFile: string;
  readonly settings: TrainingSettings;
}

/**
 * Trains by a program of somebody else's, in any language, which is started for each individual: it is told by environment
 * variables what to train, and answers in a file. It writes to a folder of its own on this machine and never to the
 * population, so that nothing that it does can spoil that.
 */
export class CommandTrainer {
  #scratch: string | undefined;
  #bench: Promise<CommandBench> | undefined;
  #keepsCheckpoints: boolean | undefined;

  constructor(private readonly options: CommandTrainerOptions) {}

  /** Opens the examples. @throws DatasetError; TrainerError where a shell cannot read the command. */
  async ready(): Promise<TrainerReady> {
    const { command } = this.options;
    await requireReadable(command);
    const { dataset } = await this.#prepared();
    return { backend: COMMAND, detail: command, reason: 'asked for', checksum: dataset.checksum };
  }

  /**
   * Trains and evaluates one individual. Failures are outcomes, not errors.
   * @throws TrainerError when the program says that it can train nothing here (6), or cannot be started at all.
   */
  readonly evaluate = async (
    request: TrainingRequest,
    control: EvaluationControl,
  ): Promise<TrainingOutcome> => {
    const bench = await this.#prepared();
    const folder = await mkdtemp(join(this.#scratch ?? tmpdir(), `${request.id}-`));
    try {
      const run = new CommandRun(bench, request, control, folder);
      const outcome = await run.run();
      if (run.hasCheckpoints) this.#keepsCheckpoints = true;
      else if (outcome.kind === 'evaluated') this.#keepsCheckpoints ??= false;
      return outcome;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  /** Whether another can go on with what it has begun; undefined where it has not shown that yet. */
  get keepsCheckpoints(): boolean | undefined {
    return this.#keepsCheckpoints;
  }

  async close(): Promise<void> {
    const bench = this.#bench;
    this.#bench = undefined;
    (await bench?.catch(() => undefined))?.dataset.close();
    if (this.#scratch !== undefined) await rm(this.#scratch, { recursive: true, force: true });
    this.#scratch = undefined;
  }

  #prepared(): Promise<CommandBench> {
    return (this.#bench ??= this.#prepare());
  }

  async #prepare(): Promise<CommandBench> {
    const { command, data, training, checksum, graceSeconds = 30, guard = GUARD } = this.options;
    this.#scratch ??= await mkdtemp(join(tmpdir(), 'galapagos-command-'));
    const dataset = await loadDataset(datasetOptionsSchema.parse(data), { checksum });
    const dataFile = await packFileOf(dataset, this.#scratch);
    const settings = trainingSchema.parse(training);
    return { command, graceSeconds, guard, dataset, dataFile, settings };
  }
}

/** A quote that is not closed, say, is no individual's fault. */
async function requireReadable(command: string): Promise<void> {
  try {
    await promisify(execFile)('/bin/sh', ['-n', '-c', `exec ${command}`]);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new TrainerError('data', `${command}: the shell cannot read it: ${stderr.trim()}`);
  }
}
