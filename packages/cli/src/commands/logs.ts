import { type Population, findIndividual, isIndividualId } from '@galapagos/population';
import { LEVELS } from '@galapagos/worker';
import { defineCommand, directory } from '../command.js';
import { parseDuration } from '../duration.js';
import { openPopulation } from '../ground.js';
import { type LogLine, logLineShape, presentLogLine } from '../logs/log-line.js';
import { followLogs, readLast } from '../logs/log-reading.js';
import { type Selection, selectionOf } from '../logs/log-selection.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

export const logsCommand = defineCommand({
  name: 'logs',
  describe: 'What the workers have logged, whoever started them',
  positionals: {
    ...directory,
    who: { describe: 'A worker (w3), an individual (w3-17) or a slot of a launch (0)', type: 'string' },
  },
  options: {
    follow: {
      describe: 'Go on with what is being written, until Ctrl-C',
      type: 'boolean',
      alias: 'f',
      default: false,
    },
    lines: { describe: 'Lines to print, the last ones', type: 'number', requiresArg: true, default: 50 },
    level: { describe: 'Least level to print', choices: LEVELS, default: 'info' as const },
    since: { describe: 'Nothing older than so long: 1h, 2d', type: 'string', requiresArg: true },
    launch: {
      describe: 'Only of this launch: the name of its folder in logs/',
      type: 'string',
      requiresArg: true,
      defaultDescription: 'all; for a slot, the newest',
    },
    json: { describe: 'Print JSON, one object per line', type: 'boolean', default: false },
  },
  output: logLineShape,
  isOutputPerLine: true,
  examples: [
    ['logs runs/a -f', 'watch all workers'],
    ['logs runs/a w3-17', 'the life of one individual, and why it failed'],
  ],
  run: async ({ dir, who, follow, lines, level, since, launch, json: asJson }, terminal) => {
    if (!(Number.isInteger(lines) && lines >= 0)) throw new UsageError('--lines: a whole number, at least 0');
    const population = await openPopulation(dir);
    const seconds = since === undefined ? Infinity : parseDuration(since);
    if (seconds === undefined) throw new UsageError(`--since ${since}: write a duration as 30m, 2h or 7d`);
    const after = Math.max(0, population.clock.now().getTime() - 1000 * seconds);
    const selection: Selection = { ...(await selectionOf(population, who)), launch, level, after };
    const print = (line: LogLine) => terminal.out(asJson ? JSON.stringify(line) : presentLogLine(line));
    const { found, logs } = await readLast(population, selection, lines);
    if (logs.length === 0 && !follow) {
      if (selection.slot !== undefined)
        throw new UsageError(
          `${dir}: there is no slot ${selection.slot} in ${launch ?? 'the newest launch'}`,
        );
      terminal.err(`${dir}: no worker has left a log here`);
    }
    for (const line of found) print(line);
    if (!asJson) await tellFailure(population, who, terminal);
    if (follow) await followLogs(population, selection, logs, print, terminal);
    return 0;
  },
});

/** An individual that failed left the end of its trainer's log. */
async function tellFailure(
  population: Population,
  who: string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (who === undefined || !isIndividualId(who)) return;
  const failure = (await findIndividual(population, who))?.failure;
  if (failure === undefined) return;
  terminal.out(`${who} was buried: ${failure.class}, ${failure.reason}`);
  for (const line of failure.log.split('\n').filter((text) => text !== '')) terminal.out(`  | ${line}`);
}
