import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BitStringOptions, readTrace } from '../support/bit-string-trainer.js';
import { eventually } from '../support/processes.js';
import { type WorkerProcess, startWorker } from '../support/worker-process.js';
import { SizeWatch, audit } from './trace-audit.js';

export interface Ordeal {
  readonly root: string;
  readonly trace: string;
  readonly setPoint: number;
  readonly leaseSeconds: number;
  readonly seconds: number;
  /** How often each of the first two workers is killed. */
  readonly kills: number;
  readonly trainer: BitStringOptions;
}

export interface Report {
  readonly violations: readonly string[];
  readonly workers: number;
  readonly killed: number;
  readonly individuals: number;
  readonly trainings: number;
  /** Of those: adopted and continued from a later step than 0. */
  readonly continued: number;
  readonly samples: number;
  readonly lowest: number;
  readonly highest: number;
  readonly size: number;
}

const WORKERS = 4;

/**
 * Four workers, of which two are killed with SIGKILL again and again and started anew, as a launcher would; none can
 * tell of another's process, as on four machines. Sizes are sampled throughout, all else is audited at the end.
 */
export async function fourWorkers(ordeal: Ordeal): Promise<Report> {
  const { root, trace, setPoint, seconds, kills, leaseSeconds } = ordeal;
  const trainer = { ...ordeal.trainer, trace };
  const start = () => startWorker(root, { trainer, host: 'unknowing', timeoutMs: (seconds + 60) * 1000 });
  const watch = new SizeWatch(root, setPoint);
  const all: WorkerProcess[] = [];
  const now: WorkerProcess[] = [];
  const started = (slot: number) => {
    const worker = start();
    now[slot] = worker;
    all.push(worker);
  };
  const violations: string[] = [];
  try {
    for (let slot = 0; slot < WORKERS; slot++) started(slot);
    await eventually(() => existsSync(trace));
    for (let kill = 0; kill < kills * 2; kill++) {
      await sleep((seconds * 1000) / (kills * 2 + 1));
      const victim = now[kill % 2];
      victim?.child.kill('SIGKILL');
      await victim?.finished;
      started(kill % 2);
    }
    // On a busy machine a program takes a while to begin, and a signal before that ends it.
    await eventually(() => now.every(({ events }) => events().length > 0));
    // Invariant 10: at the set point within two leases after the last fault.
    await sleep(Math.max((seconds * 1000) / (kills * 2 + 1), leaseSeconds * 2000));
    const [last, ...others] = now;
    for (const { child } of others) child.kill('SIGTERM');
    for (const { finished } of others) await finished;
    // Two that admit at the same moment overshoot, and whoever works on takes it back.
    await eventually(() => watch.last === setPoint, leaseSeconds * 2000);
    last?.child.kill('SIGTERM');
    for (const worker of now) {
      const { code, stderr } = await worker.finished;
      if (code !== 0) violations.push(`worker ${worker.pid} ended with ${code}: ${stderr}`);
    }
  } finally {
    watch.stop();
    for (const { child } of now) child.kill('SIGKILL');
  }
  const { violations: found, individuals, size } = audit(root, trace);
  violations.push(...found);
  if (size !== setPoint) violations.push(`at the end the size is ${size}, not ${setPoint}`);
  const { lowest, highest, samples } = watch;
  if (highest > setPoint + WORKERS - 1)
    violations.push(`the size was ${highest}, above ${setPoint} + ${WORKERS} - 1`);
  if (lowest < setPoint - WORKERS) violations.push(`the size was ${lowest}, below ${setPoint} - ${WORKERS}`);
  const starts = readTrace(trace).filter(({ event }) => event === 'start');
  return {
    violations,
    workers: all.length,
    killed: kills * 2,
    individuals,
    trainings: starts.length,
    continued: starts.filter(({ step }) => step > 0).length,
    samples,
    lowest,
    highest,
    size,
  };
}
