import { hostname } from 'node:os';
import {
  type WorkerName,
  type WorkerSummary,
  birthsInVain,
  overDiskBound,
  secondsSince,
  siteName,
} from '@galapagos/population';
import { bytes, duration, moment, percent, scaled, table } from './format.js';
import type { Look } from './observer.js';
import { describeTasks } from './launch/slurm-jobs.js';

/** A search at a glance. */
export function describeStatus(look: Look): string[] {
  const { summary, trend } = look;
  const { size, setPoint, training, alive, dead, best, totals, pausedSince } = summary;
  const fitness = best !== undefined && 'fitness' in best ? best.fitness : undefined;
  const failures = Object.entries(totals.failures).map(([name, count]) => `${count} ${name}`);
  const middle = alive[Math.floor(alive.length / 2)];
  const births = trend.rate((spent) => spent.births);
  const line = trend.sparkline();
  return [
    `population   ${size} of ${setPoint}: ${alive.length} alive, ${training.length} in training; ${dead} dead to collect`,
    `fitness      best ever ${fitness === undefined || best === undefined ? '–' : `${percent(fitness)} (${best.id})`}, median of the living ${middle === undefined ? '–' : percent(middle.fitness)}${line === '' ? '' : `  ${line}`}`,
    `so far       ${totals.births} births, ${totals.kills} kills, ${totals.adoptions} adoptions, ${totals.lostRaces} lost races${births === undefined ? '' : `; ${(births * 60).toFixed(1)} births/min`}`,
    `failures     ${failures.length === 0 ? 'none' : failures.join(', ')}`,
    `trained      ${duration(totals.seconds)}, ${scaled(totals.flops)}FLOP`,
    ...describeBudget(look),
    ...(pausedSince === undefined
      ? []
      : [`paused       since ${moment(pausedSince)}; go on with: galapagos resume`]),
    ...summary.quarantines.map(
      (site) =>
        `quarantined  ${siteName(site)}, since ${moment(site.since)}: ${site.reason}; let it back with: galapagos quarantine DIR ${siteName(site)} --lift`,
    ),
    ...describeDisk(look),
    ...describeJobs(look),
    ...describeWorkers(look),
  ];
}

/** One line of it, for a pipe. */
export function describeBriefly({ at, summary, trend }: Look): string {
  const { size, setPoint, totals, best, workers, pausedSince } = summary;
  const fitness = best !== undefined && 'fitness' in best ? percent(best.fitness) : '–';
  const failures = Object.values(totals.failures).reduce((sum, count) => sum + count, 0);
  const births = trend.rate((spent) => spent.births);
  return [
    moment(at.toISOString()),
    ...(pausedSince === undefined ? [] : ['paused']),
    `population ${size}/${setPoint}`,
    `births ${totals.births}`,
    `best ${fitness}`,
    `workers ${workers.filter(({ state }) => state === 'working').length}`,
    ...(births === undefined ? [] : [`${(births * 60).toFixed(1)}/min`]),
    ...(failures > 0 ? [`failures ${failures}`] : []),
  ].join(' · ');
}

function describeDisk({ summary: { bounds }, disk, free }: Look): string[] {
  const { total, isEstimate } = disk;
  const of = (bound: number | null, words: (bound: number) => string) =>
    bound === null ? '' : ` of ${words(bound)}`;
  const over = overDiskBound(bounds, disk);
  return [
    `disk         ${isEstimate ? 'about ' : ''}${bytes(total.bytes)}${of(bounds.maxBytes, bytes)}, ${Math.round(total.inodes)}${of(bounds.maxInodes, String)} inodes; ${bytes(free.bytes)} free`,
    ...(over === undefined ? [] : [`             ${over}`]),
  ];
}

function describeBudget({ at, summary, trend }: Look): string[] {
  const { bounds, totals, alive, startedAt, reachedBound: reached } = summary;
  if (reached !== undefined) return [`budget       spent: ${reached}; nobody begins anything any more`];
  const { individuals, workerSeconds, flops, wallSeconds, targetFitness, patience } = bounds;
  const seconds = secondsSince(startedAt, { now: () => at });
  const part = (bound: number | null, words: (bound: number) => string): string[] =>
    bound === null ? [] : [words(bound)];
  const parts = [
    ...part(individuals, (bound) => `${totals.births} of ${bound} individuals`),
    ...part(workerSeconds, (bound) => `${duration(totals.seconds)} of ${duration(bound)} of training`),
    ...part(flops, (bound) => `${scaled(totals.flops)}FLOP of ${scaled(bound)}FLOP`),
    ...part(wallSeconds, (bound) => `${duration(seconds)} of ${duration(bound)} since it began`),
    ...part(targetFitness, (bound) => `fitness ${percent(alive[0]?.fitness ?? 0)} of ${percent(bound)}`),
    ...part(patience, (bound) => `${birthsInVain(totals)} of ${bound} births without a fitter one`),
  ];
  if (parts.length === 0) return [];
  const secondsLeft = trend.secondsLeft(bounds, totals, seconds);
  const left = secondsLeft === undefined ? '' : `; ${duration(secondsLeft)} left at this rate`;
  return [`budget       ${parts.join(', ')}${left}`];
}

/** A line for each array job of Slurm. */
function describeJobs({ jobs: { tasks, problem } }: Look): string[] {
  if (problem !== undefined) return [`jobs         Slurm does not answer: ${problem}`];
  const jobs = [...new Set(tasks.map(({ job }) => job))];
  return jobs.map((job, index) => {
    const own = tasks.filter((task) => task.job === job);
    return `${index === 0 ? 'jobs' : '    '}         ${job}: ${describeTasks(own)}`;
  });
}

function describeWorkers(look: Look): string[] {
  const { workers } = look.summary;
  const working = workers.filter(({ state }) => state === 'working');
  const count = (wanted: string) => workers.filter(({ state }) => state === wanted).length;
  const joining = count('joining') === 0 ? '' : `, ${count('joining')} joining, or ended as they did`;
  const head = `workers      ${working.length} working, ${count('left')} left, ${count('gone')} gone without a word${joining}`;
  const gone = describeGone(workers.filter(({ state }) => state === 'gone'));
  if (working.length === 0) return [head, ...gone];
  const hasJobs = working.some(({ document }) => typeof document?.slurmJob === 'string');
  const withJob = (row: string[], job: string) => (hasJobs ? row.toSpliced(3, 0, job) : row);
  const header = ['worker', 'host', 'pid', 'back end', 'published', 'trained', 'now'];
  const rows = table(
    withJob(header, 'job'),
    working.map((worker) => withJob(workerRow(worker, look), worker.document?.slurmJob ?? '–')),
  );
  const elsewhere = working.some(({ document }) => document?.host !== hostname());
  const isUncertain = elsewhere || working.some(({ name }) => hasOldBeat(name, look));
  return [
    head,
    ...gone,
    ...rows.map((row) => `  ${row}`),
    ...(isUncertain && look.silence.size === 0
      ? [
          '  one look compares two clocks: whether a silent worker, or one of another host, lives --watch can tell, after its lease',
        ]
      : []),
  ];
}

/** As many as fit on a line. */
const MOST_GONE = 4;

/** Where those were of whom nothing was heard at their end, the newest first. */
function describeGone(gone: readonly WorkerSummary[]): string[] {
  if (gone.length === 0) return [];
  const newest = gone.toSorted((a, b) => startOf(b) - startOf(a)).slice(0, MOST_GONE);
  const words = newest.map(({ name, document }) => {
    const task = typeof document?.slurmJob === 'string' ? `, task ${document.slurmJob}` : '';
    return `${name} on ${document?.host ?? '?'}${task}`;
  });
  return [`  gone: ${words.join('; ')}${gone.length > MOST_GONE ? '; …' : ''}`];
}

function startOf({ document }: WorkerSummary): number {
  return document === undefined ? 0 : Date.parse(document.startedAt);
}

/** Seconds since its last beat, if one look was all, by the clocks of this machine and of whoever keeps the files. */
function beatAge(name: WorkerName, { at, lastBeats, silence }: Look): number {
  const written = silence.size === 0 ? lastBeats.get(name) : undefined;
  return written === undefined ? 0 : (at.getTime() - written.getTime()) / 1000;
}

function hasOldBeat(name: WorkerName, look: Look): boolean {
  return beatAge(name, look) >= look.summary.bounds.leaseSeconds;
}

function workerRow({ name, document, totals }: WorkerSummary, look: Look): string[] {
  const { at, summary, since, silence } = look;
  const own = summary.training.find(({ worker }) => worker === name);
  const began = own === undefined ? undefined : since.get(own.id);
  // Two clocks may differ: what begins later than now begins now.
  const seconds = began === undefined ? undefined : Math.max(0, (at.getTime() - Date.parse(began)) / 1000);
  const silent = silence.get(name) ?? 0;
  const now =
    silent >= summary.bounds.leaseSeconds
      ? `silent for ${duration(silent)}`
      : hasOldBeat(name, look)
        ? `no beat for ${duration(beatAge(name, look))}, by the clocks`
        : own === undefined
          ? '–'
          : `${own.id}${seconds === undefined ? '' : ` for ${duration(seconds)}`}`;
  return [
    name,
    document?.host ?? '?',
    String(document?.pid ?? '?'),
    document?.backend ?? '?',
    String(totals.published),
    duration(totals.seconds),
    now,
  ];
}
