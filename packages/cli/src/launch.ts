import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type LaunchResult, type LocalLaunch, launchLocal } from '@galapagos/launcher';
import { Control, type Population, errorCode, unfit } from '@galapagos/population';
import type { BackendChoice } from '@galapagos/trainer';
import { ExitCode } from './exit-codes.js';
import { messageOf } from './failures.js';
import type { GpuPlan } from './gpu-plan.js';
import { patience } from './patience.js';
import { showProgress } from './progress.js';
import { refuseCrowd } from './refuse-crowd.js';
import { onEndSignals } from './signals.js';
import { WorkerEnds, countWorkers, near, tellFailure } from './tell-ends.js';
import { tellWaiting } from './tell-waiting.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';
import { Waits } from './waits.js';

export interface LaunchRequest {
  readonly population: Population;
  readonly workers: number;
  readonly seconds: number | undefined;
  readonly backend: BackendChoice;
  readonly gpus: GpuPlan;
  readonly terminal: Terminal;
}

/** Seconds between two looks for an order. */
const ORDER_SECONDS = 1;

/** How a launch ended. */
export interface Launched extends LaunchResult {
  /** Whether a second signal ended it. */
  readonly isForced: boolean;
}

/**
 * Runs workers on this machine until they end, the time is over or a signal says so, and shows how it goes.
 * @returns How the launch ended, with the exit code that a signal asks for.
 */
export async function launch(request: LaunchRequest): Promise<Launched> {
  const { population, terminal, workers, seconds } = request;
  refuseTooMany(population, workers, terminal);
  await refuseCrowd(population, workers);
  const logs = await makeLogDirectory(population);
  const control = new Control(population);
  await control.poll();
  const pids = new Map<number, number>();
  const ends = new WorkerEnds(terminal, logs);
  const waits = new Waits(terminal);
  const stopping = new AbortController();
  const ended = new AbortController();
  const bin = fileURLToPath(new URL('../bin/galapagos.js', import.meta.url));
  const running = launchLocal({
    workers,
    command: [process.execPath, bin, 'worker', population.root, '--backend', request.backend],
    environmentOf: request.gpus.environmentOf,
    logDirectory: logs,
    ...(seconds === undefined ? {} : { timeLimitSeconds: seconds }),
    onEvent: (event) => {
      if (event.kind === 'started') pids.set(event.slot, event.pid);
      if (event.kind === 'exited') {
        pids.delete(event.slot);
        waits.forget(event.slot);
      }
      if (event.kind === 'waits') waits.note(event.slot, event.waitsFor);
      if (event.kind === 'stopping') stopping.abort();
      ends.hear(event);
    },
  });
  let signalled: number | undefined;
  let isForced = false;
  const stopListening = onEndSignals(
    population.clock,
    (signal) => {
      if (signal === 'SIGUSR1') signalled = ExitCode.requeue;
      terminal.err(`${signal}: the workers give back what they hold and leave; once more to leave at once`);
      running.stop(signal);
    },
    (signal, exitCode) => {
      signalled = exitCode;
      isForced = true;
      terminal.err(`${signal} again: leaving now; what was in training is taken up by the next worker`);
      running.kill();
    },
  );
  terminal.err(`${countWorkers(workers)}${onGpus(request.gpus)}; logs: ${near(logs)}`);
  const watching = Promise.all([
    showProgress(population, terminal, { seconds, isWaiting: () => waits.any }, ended.signal),
    heedStop(control, request, running, ended.signal),
    tellWaiting(population, pids, terminal, stopping.signal, ended.signal),
  ]).catch((error: unknown) => {
    terminal.err(`the experiment can no longer be read: ${messageOf(error)}`);
    running.stop('the experiment cannot be read');
  });
  try {
    const result = await running.finished;
    if (!isForced && result.exitCode !== ExitCode.done) await tellFailure(population, result, logs, terminal);
    return {
      ...result,
      isForced,
      exitCode:
        isForced || result.exitCode === ExitCode.done ? (signalled ?? result.exitCode) : result.exitCode,
    };
  } finally {
    ended.abort();
    stopListening();
    await watching;
    terminal.status('');
  }
}

/** A worker that starts after an order to stop is not bound by it; we, who start workers again, are. */
async function heedStop(
  control: Control,
  { population, terminal }: LaunchRequest,
  running: LocalLaunch,
  ended: AbortSignal,
): Promise<void> {
  const patiently = patience(terminal);
  while (!ended.aborted && !control.stopped) {
    await population.clock.sleep(ORDER_SECONDS, ended);
    await patiently(() => control.poll());
  }
  if (control.stopped) running.stop('an order to stop');
}

/** One level after the other: in one go Node says of a read-only disk that there is no such directory. */
async function makeLogDirectory(population: Population): Promise<string> {
  const startedAt = population.clock.now().toISOString().slice(0, 19).replaceAll(':', '');
  const own = `logs/${startedAt}-${hostname()}-${process.pid}`;
  for (const path of ['logs', own].map((below) => population.path(below))) {
    try {
      await population.filesystem.makeDirectory(path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw unfit(path, error);
    }
  }
  return population.path(own);
}

function refuseTooMany(population: Population, workers: number, terminal: Terminal): void {
  const { populationSize } = population.experiment.search;
  if (workers > Math.max(1, populationSize / 2)) {
    throw new UsageError(
      `--workers ${workers}: at most half of the population of ${populationSize}, since those in training cannot be drawn`,
    );
  }
  if (workers > populationSize / 4) {
    terminal.err(
      `${workers} workers are more than a quarter of the population of ${populationSize}: few are left to draw from`,
    );
  }
}

function onGpus({ gpus }: GpuPlan): string {
  return gpus.length === 0 ? '' : ` on ${gpus.length === 1 ? 'GPU' : 'GPUs'} ${gpus.join(', ')}`;
}
