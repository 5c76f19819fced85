import {
  type Population,
  type Swept,
  type Waste,
  findWaste,
  nodeHost,
  pathOf,
  politely,
  summarize,
  sweep,
} from '@galapagos/population';
import { z } from 'zod';
import { defineCommand, directory, json, printJson } from '../command.js';
import { type DiskUse, countingFreed, wouldFree } from '../disk-use.js';
import { parseDuration } from '../duration.js';
import { bytes } from '../format.js';
import { openPopulation } from '../ground.js';
import { type Leftovers, clearLeftovers, findLeftovers } from '../leftovers.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { version } from '../version.js';

const count = z.int().min(0);
const shape = z.strictObject({
  dryRun: z.boolean(),
  collected: count.describe('The dead that were recorded and let go; in a dry run, those that wait.'),
  unreadable: count.describe('The dead that cannot be recorded: they stay, for fsck.'),
  litter: count.describe('What workers that are gone had left in their staging and their trash.'),
  hallOfFame: count.describe('Those who were too many in the hall of fame.'),
  asides: z.array(z.string()).describe('Files that were never finished.'),
  logs: z.array(z.string()).describe('What goes below logs/: folders of old launches, logs of workers.'),
  bytes: count.describe('Given back to the disk; in a dry run, at the most.'),
  inodes: count,
});
type Report = z.infer<typeof shape>;

const NOTHING: Swept = { recorded: 0, unreadable: 0, isBusy: false };

export const gcCommand = defineCommand({
  name: 'gc',
  describe:
    'Clear away what nobody needs: the dead, litter of workers that are gone, old logs. Safe at any time',
  positionals: directory,
  options: {
    'dry-run': { describe: 'Only say what would go', type: 'boolean', default: false },
    'keep-logs': {
      describe: 'How long the logs of launches and workers that are over are kept, an hour at least',
      type: 'string',
      requiresArg: true,
      default: '14d',
    },
    ...json,
  },
  output: shape,
  examples: [
    ['gc runs/a --dry-run', 'what could go, and how much that is'],
    ['gc runs/a', 'also while workers run'],
  ],
  run: async ({ dir, 'dry-run': dryRun, 'keep-logs': keepLogs, json: asJson }, terminal) => {
    const keepSeconds = parseDuration(keepLogs);
    if (keepSeconds === undefined)
      throw new UsageError(`--keep-logs ${keepLogs}: write a duration as 2h or 14d`);
    const freed: DiskUse = { bytes: 0, inodes: 0 };
    const population = await openPopulation(dir, (filesystem) => countingFreed(filesystem, freed));
    const { workers, bounds } = await summarize(population, nodeHost);
    const waste = await findWaste(population, nodeHost);
    const leftovers = await findLeftovers(population, workers, keepSeconds);
    if (dryRun)
      Object.assign(freed, await wouldFree(population.filesystem, pathsOf(population, waste, leftovers)));
    const swept = dryRun
      ? { ...NOTHING, recorded: waste.dead.length }
      : await clear(population, waste, leftovers, bounds.hallOfFame);
    if (swept.isBusy) terminal.err('a worker collects the dead at this moment; they are left to it');
    const report: Report = {
      dryRun,
      collected: swept.recorded,
      unreadable: swept.unreadable,
      litter: waste.litter.reduce((sum, { paths }) => sum + paths.length, 0),
      hallOfFame: waste.surplus.length,
      asides: [...leftovers.asides],
      logs: [...leftovers.launches, ...leftovers.workerLogs],
      ...freed,
    };
    if (asJson) printJson(terminal, shape, report);
    else present(report, terminal);
    return 0;
  },
});

/** What needs nothing to be written goes first: the disk may be full. */
async function clear(
  population: Population,
  waste: Waste,
  leftovers: Leftovers,
  hallOfFame: number,
): Promise<Swept> {
  await clearLeftovers(population, leftovers);
  // Nobody joins for nothing: every worker that ever was leaves a folder.
  if (waste.dead.length + waste.litter.length + waste.surplus.length === 0 && !waste.isUndigested)
    return NOTHING;
  return await sweep(population, waste, { host: nodeHost, version, backend: 'none', politely, hallOfFame });
}

function pathsOf(
  population: Population,
  { dead, litter, surplus }: Waste,
  { asides, workerLogs, launches }: Leftovers,
): string[] {
  const entries = [...dead, ...surplus].map(pathOf);
  return [...entries, ...litter.flatMap(({ paths }) => paths), ...asides, ...workerLogs, ...launches].map(
    (below) => population.path(below),
  );
}

function present(report: Report, terminal: Terminal): void {
  const { dryRun, collected, unreadable, litter, hallOfFame, asides, logs } = report;
  const lines: [number, string][] = [
    [collected, dryRun ? 'dead to record and let go' : 'dead recorded and let go'],
    [litter, 'left in staging and trash by workers that are gone'],
    [hallOfFame, 'too many in the hall of fame'],
    [asides.length, 'files that were never finished'],
    [logs.length, 'old logs, of launches and of workers'],
    [unreadable, 'dead that cannot be recorded and stay: see galapagos fsck'],
  ];
  for (const [number, what] of lines) if (number > 0) terminal.out(`${number} ${what}`);
  const isNothing = lines.every(([number]) => number === 0);
  terminal.out(
    isNothing
      ? 'nothing to clear away'
      : `${dryRun ? 'would free at most' : 'freed'} ${bytes(report.bytes)} and ${report.inodes} inodes`,
  );
}
