import { appendFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { LaunchEvent, LaunchResult } from '@galapagos/launcher';
import type { Population } from '@galapagos/population';
import { ExitCode } from '../exit-codes.js';
import { bytes, duration } from '../format.js';
import { lastWords } from '../logs/last-words.js';
import { PROCESS_ENDED } from '../logs/log-line.js';
import type { Terminal } from '../terminal.js';

type WorkerEnd = Extract<LaunchEvent, { kind: 'exited' }>;

/** What a launch says of its workers' ends: none is told of that left as it was asked to. */
export class WorkerEnds {
  readonly #ends = new Map<number, WorkerEnd>();

  constructor(
    private readonly population: Population,
    private readonly terminal: Terminal,
    private readonly logs: string,
  ) {}

  hear(event: LaunchEvent): void {
    switch (event.kind) {
      case 'exited':
        this.#ends.set(event.slot, event);
        return void this.#note(event);
      case 'restarting':
        return void this.#tell(event.slot, `starts again in ${duration(event.delaySeconds)}`);
      case 'givingUp':
        return void this.#tell(event.slot, 'is not started again');
      case 'killed':
        return this.terminal.err(`worker ${event.slot} had not left yet, and was ended`);
      case 'started':
      case 'waits':
      case 'stopping':
      case 'finished':
        return;
    }
  }

  /** For whoever reads the logs later: who was killed could not say so. What a full disk refuses is told all the same. */
  async #note({ slot, pid, code, signal, seconds }: WorkerEnd): Promise<void> {
    if (code === ExitCode.done) return;
    const level = code === ExitCode.requeue ? 'info' : 'warn';
    const time = this.population.clock.now().toISOString();
    const how = signal === null ? { code } : { signal };
    const line = JSON.stringify({ level, time, pid, ...how, seconds, msg: PROCESS_ENDED });
    await appendFile(`${this.logs}/slot-${slot}.log`, `${line}\n`).catch(() => undefined);
  }

  /** Says why a worker ended, in the last of its words; what was killed had no time for any. */
  async #tell(slot: number, andThen: string): Promise<void> {
    const signal = this.#ends.get(slot)?.signal ?? undefined;
    const printed = `${this.logs}/slot-${slot}.log`;
    const { lines, where } =
      signal === undefined ? await lastWords(this.population, printed) : { lines: [], where: printed };
    const [why = ''] = lines;
    const how = signal === undefined ? 'ended' : `was ended by ${signal}`;
    this.terminal.err(
      `worker ${slot} ${how} and ${andThen}${why === '' ? '' : `: ${why}`} (log: ${near(where)})`,
    );
  }
}

/** Says why workers ended that were not asked to, in the last words of one of them. */
export async function tellFailure(
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
  const { lines, where } = await lastWords(population, `${logs}/slot-${worst.slot}.log`);
  for (const line of lines) terminal.err(`  ${line}`);
  terminal.err(`  (the end of ${near(where)})`);
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

export function countWorkers(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`;
}

/** A path as one would write it here. */
export function near(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
