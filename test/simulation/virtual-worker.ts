import { SeededRandom, seedOf } from '@galapagos/dna';
import { type Host, PopulationError, type Politely, errorCode } from '@galapagos/population';
import { type Evaluate, type LeaveReason, Worker, type WorkerEvent } from '@galapagos/worker';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import type { Known } from './ledger.js';
import type { SlurmTask, VirtualHost, VirtualProcess } from './machines.js';
import type { World } from './world.js';

export interface WorkerSettings {
  /** Seconds that a training takes. */
  readonly trainingSeconds: number;
  /** With a checkpoint after each but the last. */
  readonly steps: number;
  /** Whether it takes everybody else for gone. @default false */
  readonly suspects?: boolean;
  /** How the only collector is found. */
  readonly politely: Politely;
  /** Chance that a training fails, in one of the ways that it may. */
  readonly failing: number;
  /** In which task of Slurm it runs. @default in none */
  readonly task?: SlurmTask;
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** A worker of the product in a process of a virtual host, and its trainer in another. */
export class VirtualWorker {
  readonly process: VirtualProcess;
  readonly known: Known;
  /** Undefined while it runs; then why it left, or which error ended it. */
  ending: LeaveReason | Error | undefined;
  /** It has nothing more to do but to say so. */
  isLeaving = false;
  readonly #trainer: { readonly process: VirtualProcess; readonly evaluate: Evaluate };
  #worker: Worker | undefined;
  #isToLeave = false;

  constructor(
    private readonly world: World,
    readonly host: VirtualHost,
    label: string,
    private readonly settings: WorkerSettings,
  ) {
    const { process, filesystem } = world.start(host, label, settings.task);
    this.process = process;
    this.known = world.ledger.know(process);
    this.known.suspects = settings.suspects === true;
    this.#trainer = this.#startTrainer(label);
    void this.#run(filesystem)
      .then(
        (reason) => (this.ending = reason),
        (error: unknown) => (this.ending = error instanceof Error ? error : new Error(String(error))),
      )
      .then(() => {
        world.say(label, `ends: ${String(this.ending)}`);
        this.killAtOnce();
      });
  }

  get isGone(): boolean {
    return this.process.isGone;
  }

  /** An error that no filesystem explains; a mistake of the protocol's. */
  get mistake(): string | undefined {
    const { ending } = this;
    if (!(ending instanceof Error) || errorCode(ending) !== '') return undefined;
    if (ending instanceof PopulationError && ending.code === 'UNFIT') return undefined;
    return `${this.world.names.get(this.process)} ended with: ${ending.stack ?? ending.message}`;
  }

  /** Its own, and its trainer's. */
  get processes(): readonly VirtualProcess[] {
    return [this.process, this.#trainer.process];
  }

  leave(): void {
    this.process.deliver(() => {
      this.#isToLeave = true;
      this.#worker?.leave();
    });
  }

  /** SIGKILL. Its trainer finds out within two steps. */
  kill(): void {
    this.process.kill();
    const { time, random } = this.world;
    const step = this.settings.trainingSeconds / this.settings.steps;
    time.after(2 * step * random.next(), () => this.#trainer.process.kill());
  }

  /** Its trainer with it. */
  killAtOnce(): void {
    for (const process of this.processes) process.kill();
  }

  /** SIGSTOP, of its trainer too or not. */
  stop(withTrainer: boolean): void {
    this.process.stop();
    if (withTrainer) this.#trainer.process.stop();
  }

  goOn(): void {
    this.process.goOn();
    this.#trainer.process.goOn();
  }

  async #run(filesystem: Parameters<World['open']>[1]): Promise<LeaveReason> {
    const population = await this.world.open(this.process, filesystem);
    this.#worker = new Worker({
      population,
      evaluate: async (request, control) => {
        const onProgress: typeof control.onProgress = (progress) =>
          this.process.deliver(() => control.onProgress(progress));
        const training = this.#trainer.evaluate(request, { ...control, onProgress });
        // The worker hears of it when it runs.
        const isRunning = () => new Promise<void>((resolve) => this.process.deliver(resolve));
        return await training.finally(isRunning);
      },
      host: this.#machine,
      version: '0.0.0-test',
      backend: 'bits',
      politely: this.settings.politely,
      onEvent: (event) => {
        this.world.ledger.heard(this.known, event);
        if (event.event === 'adopted' && event.continuation === 'resume')
          this.world.goesOnFromCheckpoint(this.known, event);
        if (event.event === 'leaving') this.isLeaving = true;
        if (event.event !== 'progress')
          this.world.say(this.world.names.get(this.process) ?? '', `says ${JSON.stringify(event)}`);
        this.settings.onEvent?.(event);
      },
    });
    // Asked while it opened the directory.
    if (this.#isToLeave) this.#worker.leave();
    return await this.#worker.run();
  }

  get #machine(): Host {
    const { machine } = this.process;
    return this.settings.suspects === true ? { ...machine, isGone: () => Promise.resolve(true) } : machine;
  }

  #startTrainer(label: string): { process: VirtualProcess; evaluate: Evaluate } {
    const { process, filesystem } = this.world.start(this.host, `${label}'s trainer`);
    const bits = bitStringTrainer({
      filesystem,
      clock: process.clock,
      steps: this.settings.steps,
      stepMs: (this.settings.trainingSeconds / this.settings.steps) * 1000,
      checkpointEvery: 1,
      trace: (line) => this.world.ledger.heardTraining(line),
    });
    const random = new SeededRandom(seedOf(this.world.options.seed, label, 'failures'));
    const evaluate: Evaluate = async (request, control) => {
      if (random.next() >= this.settings.failing) return await bits(request, control);
      const failureClass = random.next() < 0.3 ? 'over-limit' : 'crash';
      const failure = { class: failureClass, reason: 'as chance would have it', log: '' } as const;
      return { kind: 'failed', seconds: 0, flops: 0, failure };
    };
    return { process, evaluate };
  }
}
