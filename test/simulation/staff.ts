import { type Random, integer, pick } from '@galapagos/dna';
import type { Politely } from '@galapagos/population';
import type { SlurmTask, VirtualProcess } from './machines.js';
import type { Schedule } from './simulation.js';
import { VirtualWorker } from './virtual-worker.js';

/** Simulated seconds that anything may take which is to come to an end once nothing is at fault any more. */
const PATIENCE = 1800;
const STEPS = 3;
/** Chance that a training fails. */
const FAILING = 0.05;

/** The workers of a schedule: whoever is gone is followed by another, until they are dismissed. */
export class Staff {
  readonly #workers: VirtualWorker[] = [];
  readonly #until = new Map<VirtualWorker, () => boolean>();
  readonly #collectors = new Set<VirtualProcess>();
  /** To be called when the task of a worker is queued again. */
  readonly #requeued = new Map<VirtualWorker, () => void>();
  #isHiring = false;

  constructor(
    private readonly schedule: Pick<Schedule, 'plan' | 'world' | 'wait' | 'violate'>,
    private readonly random: Random,
  ) {}

  get present(): VirtualWorker[] {
    return this.#workers.filter((worker) => !worker.isGone);
  }

  hire(): void {
    this.#isHiring = true;
    const { plan } = this.schedule;
    for (let place = 0; place < plan.workers; place++)
      void this.#fill(place, plan.leaseSeconds * 0.1 * this.random.next());
  }

  /** Another begins in its place, whatever becomes of it. */
  requeue(worker: VirtualWorker): void {
    this.#requeued.get(worker)?.();
  }

  async dismiss(worker: VirtualWorker): Promise<void> {
    worker.leave();
    await this.#withPatience(worker.process.gone, 'to leave');
  }

  /** @returns Whoever stays; undefined where nobody is there. */
  async dismissAllButOne(): Promise<VirtualWorker | undefined> {
    this.#isHiring = false;
    const [last, ...others] = this.present;
    await Promise.all(others.map((worker) => this.dismiss(worker)));
    return last;
  }

  /** Lets a worker go on until all is well when it has brought somebody up; then it leaves. */
  async letWork(worker: VirtualWorker, until: () => boolean): Promise<void> {
    this.#until.set(worker, until);
    await this.#withPatience(worker.process.gone, 'to an end of its work');
  }

  async #fill(place: number, after: number): Promise<void> {
    const { plan, wait } = this.schedule;
    const isSlurm = plan.faults.some(({ kind }) => kind === 'requeue');
    let slurmRestart = 0;
    for (let first = after; ; first = plan.leaseSeconds * 0.5 * this.random.next()) {
      await wait(first);
      if (!this.#isHiring) return;
      const worker = this.#start(isSlurm ? { slurmJob: `7_${place}`, slurmRestart } : undefined);
      const isRequeued = new Promise<'requeued'>((resolve) =>
        this.#requeued.set(worker, () => resolve('requeued')),
      );
      const ended = this.#watch(worker);
      if ((await Promise.race([ended, isRequeued])) === 'requeued') slurmRestart++;
    }
  }

  async #watch(worker: VirtualWorker): Promise<void> {
    await worker.process.gone;
    if (worker.mistake !== undefined) this.schedule.violate(worker.mistake);
  }

  #start(task: SlurmTask | undefined): VirtualWorker {
    const { world, plan } = this.schedule;
    const host = pick(this.random, world.hosts);
    if (host === undefined) throw new Error('there is no host');
    const worker: VirtualWorker = new VirtualWorker(world, host, `worker ${this.#workers.length + 1}`, {
      trainingSeconds: plan.trainingSeconds * (0.5 + this.random.next()),
      steps: STEPS,
      politely: (path, work) => this.#politely(worker.process)(path, work),
      failing: FAILING,
      ...(task === undefined ? {} : { task }),
      onEvent: ({ event }) => {
        // At this instant it has nothing in its hands.
        if (event === 'published' && this.#until.get(worker)?.() === true) worker.leave();
      },
    });
    this.#workers.push(worker);
    return worker;
  }

  /** Two collectors at once are harmless, so the lock is one that now and then lets two in. */
  #politely(process: VirtualProcess): Politely {
    return async (_path, work) => {
      const others = [...this.#collectors].filter((other) => !other.isGone);
      if (others.length > 0 && integer(this.random, 2) === 0) return undefined;
      this.#collectors.add(process);
      try {
        return await work();
      } finally {
        this.#collectors.delete(process);
      }
    };
  }

  async #withPatience(ended: Promise<void>, what: string): Promise<void> {
    let isOver = false;
    const end = ended.then(() => (isOver = true));
    await Promise.race([end, this.schedule.wait(PATIENCE)]);
    if (!isOver) this.schedule.violate(`somebody does not come ${what}`);
  }
}
