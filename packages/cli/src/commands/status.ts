import { hostname } from 'node:os';
import { type Summary, type WorkerSummary, nodeHost, summarize, totalsSchema } from '@galapagos/population';
import { z } from 'zod';
import { defineCommand, directory, json, printJson } from '../command.js';
import { duration, moment, percent, scaled, table } from '../format.js';
import { openPopulation } from '../ground.js';

const shape = z.strictObject({
  size: z.int().describe('In training and alive.'),
  setPoint: z.int(),
  training: z.array(z.strictObject({ id: z.string(), tenure: z.int(), worker: z.string() })),
  alive: z.array(z.strictObject({ id: z.string(), fitness: z.number() })).describe('The best first.'),
  dead: z.int().describe('How many wait for the collector.'),
  best: z
    .strictObject({ id: z.string(), fitness: z.number(), state: z.enum(['alive', 'hall-of-fame']) })
    .nullable(),
  workers: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(['working', 'left', 'gone']),
      host: z.string().nullable(),
      pid: z.int().nullable(),
      backend: z.string().nullable(),
      totals: totalsSchema,
    }),
  ),
  totals: totalsSchema,
  reachedBound: z.string().nullable().describe('The bound that is reached, so that nobody begins anything.'),
  pausedSince: z
    .string()
    .nullable()
    .describe('When the pause that holds was ordered; null where there is none.'),
});

export const statusCommand = defineCommand({
  name: 'status',
  describe: 'How a search is doing',
  positionals: directory,
  options: json,
  output: shape,
  examples: [
    ['status runs/a', 'once'],
    ['status runs/a --json', 'for a script'],
  ],
  run: async ({ dir, json: asJson }, terminal) => {
    const population = await openPopulation(dir);
    const summary = await summarize(population, nodeHost);
    if (asJson) printJson(terminal, shape, statusDocument(summary));
    else for (const line of describe(summary)) terminal.out(line);
    return 0;
  },
});

/** The shape of `status --json`. */
function statusDocument({
  size,
  setPoint,
  training,
  alive,
  dead,
  best,
  workers,
  totals,
  reachedBound,
  pausedSince,
}: Summary): z.input<typeof shape> {
  return {
    size,
    setPoint,
    training: training.map(({ id, tenure, worker }) => ({ id, tenure, worker })),
    alive: alive.map(({ id, fitness }) => ({ id, fitness })),
    dead,
    best:
      best === undefined || !('fitness' in best)
        ? null
        : { id: best.id, fitness: best.fitness, state: best.state },
    workers: workers.map(({ name, state, document, totals: own }) => ({
      name,
      state,
      host: document?.host ?? null,
      pid: document?.pid ?? null,
      backend: document?.backend ?? null,
      totals: own,
    })),
    totals,
    reachedBound: reachedBound ?? null,
    pausedSince: pausedSince ?? null,
  };
}

function describe({
  size,
  setPoint,
  training,
  alive,
  dead,
  best,
  workers,
  totals,
  reachedBound,
  pausedSince,
}: Summary): string[] {
  const fitness = best !== undefined && 'fitness' in best ? best.fitness : undefined;
  const failures = Object.entries(totals.failures).map(([name, count]) => `${count} ${name}`);
  const middle = alive[Math.floor(alive.length / 2)];
  return [
    `population   ${size} of ${setPoint}: ${alive.length} alive, ${training.length} in training; ${dead} dead to collect`,
    `fitness      best ever ${fitness === undefined || best === undefined ? '–' : `${percent(fitness)} (${best.id})`}, median of the living ${middle === undefined ? '–' : percent(middle.fitness)}`,
    `so far       ${totals.births} births, ${totals.kills} kills, ${totals.adoptions} adoptions, ${totals.lostRaces} lost races`,
    `failures     ${failures.length === 0 ? 'none' : failures.join(', ')}`,
    `trained      ${duration(totals.seconds)}, ${scaled(totals.flops)}FLOP`,
    ...(reachedBound === undefined
      ? []
      : [`budget       spent: ${reachedBound}; nobody begins anything any more`]),
    ...(pausedSince === undefined
      ? []
      : [`paused       since ${moment(pausedSince)}; go on with: galapagos resume`]),
    ...describeWorkers(workers),
  ];
}

function describeWorkers(workers: readonly WorkerSummary[]): string[] {
  const working = workers.filter(({ state }) => state === 'working');
  const gone = workers.filter(({ state }) => state === 'gone').length;
  const head = `workers      ${working.length} working, ${workers.length - working.length - gone} left, ${gone} gone without a word`;
  if (working.length === 0) return [head];
  const rows = working.map(({ name, document, totals }) => [
    name,
    document?.host ?? '?',
    String(document?.pid ?? '?'),
    document?.backend ?? '?',
    String(totals.published),
    duration(totals.seconds),
  ]);
  const elsewhere = working.some(({ document }) => document?.host !== hostname());
  return [
    head,
    ...table(['worker', 'host', 'pid', 'back end', 'published', 'trained'], rows).map((row) => `  ${row}`),
    ...(elsewhere
      ? ['  one look cannot tell whether a worker of another host still lives; its lease does']
      : []),
  ];
}
