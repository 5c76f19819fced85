import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type LaunchEvent, type LaunchResult, type LocalLaunch, launchLocal } from '@galapagos/launcher';
import { type Population, nodeHost, summarize } from '@galapagos/population';
import type { BackendChoice } from '@galapagos/trainer';
import { ExitCode } from './exit-codes.js';
import { duration, percent } from './format.js';
import { onEndSignals } from './signals.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

export interface LaunchRequest {
  readonly population: Population;
  readonly workers: number;
  readonly seconds: number | undefined;
  readonly backend: BackendChoice;
  readonly terminal: Terminal;
}

/** Seconds between two lines of progress: on a terminal it is redrawn, in a pipe lines are added. */
const REDRAW_SECONDS = 1;
const LINE_SECONDS = 15;

/**
 * Runs workers on this machine until they end, the time is over or a signal says so, and shows how it goes.
 * @returns How the launch ended; with the exit code of the signal when it was told a second time.
 */
export async function launch(request: LaunchRequest): Promise<LaunchResult> {
  const { population, terminal, workers } = request;
  refuseTooMany(population, workers, terminal);
  const logs = population.path(`logs/${hostname()}-${process.pid}`);
  const bin = fileURLToPath(new URL('../bin/galapagos.js', import.meta.url));
  const running = launchLocal({
    workers,
    command: [process.execPath, bin, 'worker', population.root, '--backend', request.backend],
    logDirectory: logs,
    ...(request.seconds === undefined ? {} : { timeLimitSeconds: request.seconds }),
    onEvent: (event) => tell(terminal, event, logs),
  });
  const ended = new AbortController();
  let killedWith: number | undefined;
  const stopListening = onEndSignals(
    population.clock,
    (signal) => {
      terminal.err(`${signal}: the workers give back what they hold and leave; once more to leave at once`);
      running.stop(signal);
    },
    (signal, exitCode) => {
      killedWith = exitCode;
      terminal.err(`${signal} again: leaving now; what was in training is taken up by the next worker`);
      running.kill();
    },
  );
  const progress = showProgress(request, running, ended.signal);
  try {
    const result = await running.finished;
    return killedWith === undefined ? result : { ...result, exitCode: killedWith };
  } finally {
    ended.abort();
    stopListening();
    await progress;
    terminal.status('');
  }
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

function tell(terminal: Terminal, event: LaunchEvent, logs: string): void {
  switch (event.kind) {
    case 'restarting':
      return terminal.err(
        `worker ${event.slot} ended; it starts again in ${duration(event.delaySeconds)} (log: ${logs}/slot-${event.slot}.log)`,
      );
    case 'givingUp':
      return terminal.err(
        `worker ${event.slot} ended and is not started again (log: ${logs}/slot-${event.slot}.log)`,
      );
    case 'killed':
      return terminal.err(`worker ${event.slot} did not leave in time and was ended`);
    case 'started':
    case 'exited':
    case 'stopping':
    case 'finished':
      return;
  }
}

async function showProgress(
  { population, terminal, seconds }: LaunchRequest,
  running: LocalLaunch,
  ended: AbortSignal,
): Promise<void> {
  const { clock } = population;
  const startedAt = clock.monotonic();
  const before = (await summarize(population, nodeHost)).totals.published;
  let lineAt = startedAt;
  while (!ended.aborted) {
    await clock.sleep(REDRAW_SECONDS, ended);
    if (ended.aborted) return;
    const now = clock.monotonic();
    if (!terminal.isWatched && now - lineAt < LINE_SECONDS) continue;
    lineAt = now;
    const line = await progressLine(population, before, now - startedAt, seconds).catch((error: unknown) => {
      running.stop('the experiment cannot be read');
      return `cannot be read: ${String(error)}`;
    });
    if (terminal.isWatched) terminal.status(line);
    else terminal.err(line);
  }
}

async function progressLine(
  population: Population,
  before: number,
  elapsed: number,
  seconds: number | undefined,
): Promise<string> {
  const { size, setPoint, totals, best, alive } = await summarize(population, nodeHost);
  const fitness = best?.state === 'alive' || best?.state === 'hall-of-fame' ? best.fitness : undefined;
  const failures = Object.values(totals.failures).reduce((sum, count) => sum + count, 0);
  const parts = [
    `population ${size}/${setPoint} (${alive.length} alive)`,
    `births ${totals.births}`,
    `kills ${totals.kills}`,
    ...(failures > 0 ? [`failures ${failures}`] : []),
    `best ${fitness === undefined ? '–' : percent(fitness)}`,
    `${Math.round((totals.published - before) / (elapsed / 60))} individuals/min`,
    seconds === undefined ? duration(elapsed) : `${duration(Math.max(0, seconds - elapsed))} left`,
  ];
  return parts.join(' · ');
}

/**
 * Says why workers ended that were not asked to; their last words are in the logs.
 * @returns Whether the launch ended as it was asked to.
 */
export function tellIfFailed({ exitCode, slots }: LaunchResult, terminal: Terminal): boolean {
  if (exitCode === ExitCode.done) return true;
  const failed = slots.filter((slot) => slot.exitCode !== ExitCode.done);
  terminal.err(`${failed.length} of ${slots.length} workers ended with an error: ${describeExit(exitCode)}`);
  return false;
}

function describeExit(exitCode: number): string {
  const meanings: Readonly<Record<number, string>> = {
    [ExitCode.usage]: 'the configuration or the data',
    [ExitCode.noExperiment]: 'the experiment',
    [ExitCode.unfitFilesystem]: 'the filesystem',
    [ExitCode.noAccelerator]: 'the back end',
    [ExitCode.failureLimit]: 'too many failures in a row',
    [ExitCode.interrupted]: 'interrupted',
    [ExitCode.terminated]: 'terminated',
  };
  return `${meanings[exitCode] ?? 'something unexpected'} (exit code ${exitCode})`;
}
