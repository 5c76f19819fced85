import { hostname } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LaunchEvent, type LaunchResult, type LocalLaunch, launchLocal } from '@galapagos/launcher';
import { Control, type Population, errorCode, unfit } from '@galapagos/population';
import type { BackendChoice } from '@galapagos/trainer';
import { ExitCode } from './exit-codes.js';
import { messageOf } from './failures.js';
import { bytes, duration } from './format.js';
import type { GpuPlan } from './gpu-plan.js';
import { lastWords } from './last-words.js';
import { patience } from './patience.js';
import { showProgress } from './progress.js';
import { refuseCrowd } from './refuse-crowd.js';
import { onEndSignals } from './signals.js';
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
  const ends = new Map<number, WorkerEnd>();
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
        ends.set(event.slot, event);
        waits.forget(event.slot);
      }
      if (event.kind === 'waits') waits.note(event.slot, event.waitsFor);
      if (event.kind === 'stopping') stopping.abort();
      tell(terminal, event, logs, ends);
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

type WorkerEnd = Extract<LaunchEvent, { kind: 'exited' }>;

function tell(
  terminal: Terminal,
  event: LaunchEvent,
  logs: string,
  ends: ReadonlyMap<number, WorkerEnd>,
): void {
  switch (event.kind) {
    case 'restarting':
      return void tellEnd(
        terminal,
        logs,
        ends.get(event.slot),
        event.slot,
        `starts again in ${duration(event.delaySeconds)}`,
      );
    case 'givingUp':
      return void tellEnd(terminal, logs, ends.get(event.slot), event.slot, 'is not started again');
    case 'killed':
      return terminal.err(`worker ${event.slot} had not left yet, and was ended`);
    case 'started':
    case 'exited':
    case 'waits':
    case 'stopping':
    case 'finished':
      return;
  }
}

/** Says why a worker ended, in the last of its words; what was killed had no time for any. */
async function tellEnd(
  terminal: Terminal,
  logs: string,
  end: WorkerEnd | undefined,
  slot: number,
  andThen: string,
): Promise<void> {
  const log = `${logs}/slot-${slot}.log`;
  const isKilled = end?.signal !== undefined && end.signal !== null;
  const [why = ''] = isKilled ? [] : await lastWords(log);
  const how = isKilled ? `was ended by ${end.signal}` : 'ended';
  terminal.err(`worker ${slot} ${how} and ${andThen}${why === '' ? '' : `: ${why}`} (log: ${near(log)})`);
}

/** Says why workers ended that were not asked to, in the last words of one of them. */
async function tellFailure(
  population: Population,
  { exitCode, slots }: LaunchResult,
  logs: string,
  terminal: Terminal,
): Promise<void> {
  const failed = slots.filter((slot) => slot.exitCode !== ExitCode.done);
  terminal.err(
    `${failed.length} of ${countWorkers(slots.length)} ended with an error: ${meanings[exitCode] ?? 'something unexpected'} (exit code ${exitCode})`,
  );
  if (exitCode === ExitCode.unfitFilesystem) terminal.err(`  ${await describeSpace(population)}`);
  const worst = failed.find((slot) => slot.exitCode === exitCode) ?? failed[0];
  if (worst === undefined) return;
  const log = `${logs}/slot-${worst.slot}.log`;
  for (const line of await lastWords(log)) terminal.err(`  ${line}`);
  terminal.err(`  (the end of ${near(log)})`);
}

/** On a full disk the logs of those who ended say nothing. */
async function describeSpace({ filesystem, root }: Population): Promise<string> {
  const { bytes: free, inodes } = await filesystem.space(root);
  const names = Number.isFinite(inodes) ? `, ${inodes} inodes` : '';
  return `free at ${root}: ${bytes(free)}${names}`;
}

const meanings: Readonly<Record<number, string>> = {
  [ExitCode.usage]: 'the configuration or the data',
  [ExitCode.noExperiment]: 'the experiment',
  [ExitCode.unfitFilesystem]: 'the filesystem',
  [ExitCode.noAccelerator]: 'the back end',
  [ExitCode.failureLimit]: 'too many failures in a row, or a quarantine (galapagos quarantine says which)',
};

function countWorkers(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`;
}

function onGpus({ gpus }: GpuPlan): string {
  return gpus.length === 0 ? '' : ` on ${gpus.length === 1 ? 'GPU' : 'GPUs'} ${gpus.join(', ')}`;
}

/** A path as one would write it here. */
function near(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
