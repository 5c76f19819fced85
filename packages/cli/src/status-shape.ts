import { hostname } from 'node:os';
import { boundsSchema, overDiskBound, secondsSince, totalsSchema } from '@galapagos/population';
import { z } from 'zod';
import type { Look } from './observer.js';
import { quarantinesShape } from './quarantines-shape.js';

const count = z.int().min(0);

/** What `status --json` prints. */
export const statusShape = z.strictObject({
  at: z.string().describe('When, by the clock of this machine.'),
  host: z.string().describe('From where.'),
  size: z.int().describe('In training and alive.'),
  setPoint: z.int(),
  training: z.array(
    z.strictObject({
      id: z.string(),
      tenure: z.int(),
      worker: z.string(),
      since: z.string().nullable().describe('When this training began, by the clock of who trains.'),
    }),
  ),
  alive: z.array(z.strictObject({ id: z.string(), fitness: z.number() })).describe('The best first.'),
  dead: z.int().describe('How many wait for the collector.'),
  best: z
    .strictObject({ id: z.string(), fitness: z.number(), state: z.enum(['alive', 'hall-of-fame']) })
    .nullable(),
  workers: z.array(
    z.strictObject({
      name: z.string(),
      state: z
        .enum(['joining', 'working', 'left', 'gone'])
        .describe('joining: it has written nothing of itself yet, or died before it did.'),
      silentSeconds: z
        .number()
        .nullable()
        .describe('How long its beat has stood still; null where one has looked only once, or it is over.'),
      lastBeatAt: z
        .string()
        .nullable()
        .describe(
          'When its beat was last written, by the clock of whoever keeps the files; null where it is over.',
        ),
      host: z.string().nullable(),
      pid: z.int().nullable(),
      backend: z.string().nullable(),
      slurmJob: z
        .string()
        .nullable()
        .describe('The task of an array job, 123_4, or a job; null outside of Slurm.'),
      totals: totalsSchema,
    }),
  ),
  jobs: z
    .strictObject({
      tasks: z.array(
        z.strictObject({
          id: z.string().describe('123_4: of the array job, and the task.'),
          job: z.string(),
          slot: z.int(),
          state: z.string().describe("Slurm's word: PENDING, RUNNING, COMPLETED, …"),
          reason: z.string().describe('Why it does not run.'),
          node: z.string(),
          script: z.string(),
        }),
      ),
      problem: z.string().nullable().describe('Why Slurm does not say.'),
    })
    .describe('Those of launches by Slurm that it still knows.'),
  totals: totalsSchema,
  bounds: boundsSchema,
  startedAt: z.string().nullable().describe('When the first worker started.'),
  reachedBound: z.string().nullable().describe('The bound that is reached, so that nobody begins anything.'),
  quarantines: quarantinesShape,
  pausedSince: z
    .string()
    .nullable()
    .describe('When the pause that holds was ordered; null where there is none.'),
  birthsPerMinute: z.number().nullable().describe('While one watches; null before one can say.'),
  secondsLeft: z.number().nullable().describe('Until the first bound is reached, if it goes on like this.'),
  disk: z.strictObject({
    bytes: count,
    inodes: count,
    isEstimate: z.boolean().describe('Whether only some individuals were looked at.'),
    freeBytes: z.number(),
    freeInodes: z.number().nullable(),
    overBound: z
      .string()
      .nullable()
      .describe('Why nobody is born for want of room (bounds.maxBytes, bounds.maxInodes).'),
  }),
});
type StatusDocument = z.input<typeof statusShape>;

export function statusDocument({
  at,
  summary,
  since,
  silence,
  lastBeats,
  jobs,
  disk,
  free,
  trend,
}: Look): StatusDocument {
  const { size, setPoint, training, alive, dead, best, workers, totals, bounds, startedAt } = summary;
  const births = trend.rate((spent) => spent.births);
  return {
    at: at.toISOString(),
    host: hostname(),
    size,
    setPoint,
    training: training.map(({ id, tenure, worker }) => ({
      id,
      tenure,
      worker,
      since: since.get(id) ?? null,
    })),
    alive: alive.map(({ id, fitness }) => ({ id, fitness })),
    dead,
    best:
      best === undefined || !('fitness' in best)
        ? null
        : { id: best.id, fitness: best.fitness, state: best.state },
    workers: workers.map(({ name, state, document, totals: own }) => ({
      name,
      state,
      silentSeconds: silence.get(name) ?? null,
      lastBeatAt: lastBeats.get(name)?.toISOString() ?? null,
      host: document?.host ?? null,
      pid: document?.pid ?? null,
      backend: document?.backend ?? null,
      slurmJob: document?.slurmJob ?? null,
      totals: own,
    })),
    jobs: { tasks: [...jobs.tasks], problem: jobs.problem ?? null },
    totals,
    bounds,
    startedAt: startedAt ?? null,
    reachedBound: summary.reachedBound ?? null,
    quarantines: [...summary.quarantines],
    pausedSince: summary.pausedSince ?? null,
    birthsPerMinute: births === undefined ? null : births * 60,
    secondsLeft: trend.secondsLeft(bounds, totals, secondsSince(startedAt, { now: () => at })) ?? null,
    disk: {
      bytes: Math.round(disk.total.bytes),
      inodes: Math.round(disk.total.inodes),
      isEstimate: disk.isEstimate,
      freeBytes: free.bytes,
      freeInodes: Number.isFinite(free.inodes) ? free.inodes : null,
      overBound: overDiskBound(bounds, disk) ?? null,
    },
  };
}

/** What makes one look differ from another: time goes on also where nothing happens. */
export function essenceOf({ summary, since, silence, jobs }: Look): string {
  const silent = [...silence].filter(([, seconds]) => seconds >= summary.bounds.leaseSeconds);
  return JSON.stringify([summary, [...since], silent.map(([name]) => name), jobs]);
}
