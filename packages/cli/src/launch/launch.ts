import { type LaunchResult, type LocalLaunch, launchLocal } from '@galapagos/launcher';
import { Control, type Population } from '@galapagos/population';
import { ExitCode } from '../exit-codes.js';
import { messageOf } from '../failures.js';
import { beforeJobEnds } from '../job-end.js';
import type { GpuPlan } from '../gpu-plan.js';
import { makeLogDirectory } from '../logs/log-directory.js';
import { patience } from '../patience.js';
import { showProgress } from '../progress.js';
import { refuseCrowd, refuseTooMany } from '../refuse-crowd.js';
import { onEndSignals } from '../signals.js';
import { WorkerEnds, countWorkers, near, tellFailure } from './tell-ends.js';
import { tellWaiting } from './tell-waiting.js';
import type { Terminal } from '../terminal.js';
import { Waits } from './waits.js';
import { type WorkerRequest, workerArguments } from './worker-arguments.js';
import { PROGRAM_FILE } from '../program.js';

export interface LaunchRequest {
  readonly population: Population;
  readonly workers: number;
  readonly seconds: number | undefined;
  readonly gpus: GpuPlan;
  readonly worker: WorkerRequest;
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
  refuseTooMany(population.experiment.search, workers, terminal);
  await refuseCrowd(population, workers);
  const workerWords = workerArguments(request.worker, { isOutputKept: true });
  const logs = await makeLogDirectory(population);
  const control = new Control(population);
  await control.poll();
  const pids = new Map<number, number>();
  const ends = new WorkerEnds(population, terminal, logs);
  const waits = new Waits(terminal);
  const stopping = new AbortController();
  const ended = new AbortController();
  const running = launchLocal({
    workers,
    command: [process.execPath, PROGRAM_FILE, 'worker', population.root, ...workerWords],
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
  const forgetJob = beforeJobEnds(population.clock, () => {
    if (stopping.signal.aborted) return;
    signalled = ExitCode.requeue;
    terminal.err('the time of the job is nearly over: the workers give back what they hold and leave');
    running.stop('the end of the job');
  });
  terminal.err(`${countWorkers(workers)}${onGpus(request.gpus)}; logs: ${near(population.path('logs'))}`);
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
    forgetJob();
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

function onGpus({ gpus }: GpuPlan): string {
  return gpus.length === 0 ? '' : ` on ${gpus.length === 1 ? 'GPU' : 'GPUs'} ${gpus.join(', ')}`;
}
