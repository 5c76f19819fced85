import { FAILURE_CLASSES, type Totals, mayLive, overDiskBound } from '@galapagos/population';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Look } from '../observer.js';
import { version } from '../version.js';

/** Labels and a value; a label that has none is left out. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric as Prometheus knows them, and where its samples come from. */
export interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (look: Look) => readonly Sample[];
}

/** Every metric, in the order of the page. */
export const METRICS: readonly Metric[] = [
  gauge('info', 'The version of Galapagos that looks', ['version'], () => [[{ version }, 1]]),
  one('look_timestamp_seconds', 'When the directory was read, since 1970', ({ at }) => at.getTime() / 1000),
  one('start_timestamp_seconds', 'When the first worker started, since 1970', ({ summary }) =>
    summary.startedAt === undefined ? undefined : Date.parse(summary.startedAt) / 1000,
  ),
  gauge(
    'individuals',
    'Individuals: in training, alive, dead and not collected yet',
    ['state'],
    ({ summary }) => [
      [{ state: 'training' }, summary.training.length],
      [{ state: 'alive' }, summary.alive.length],
      [{ state: 'dead' }, summary.dead],
    ],
  ),
  one(
    'population_set_point',
    'How many individuals in training and alive there are to be',
    ({ summary }) => summary.setPoint,
  ),
  one(
    'best_fitness',
    'Fitness of the best that ever lived and still has its weights',
    ({ summary: { best } }) => (best !== undefined && 'fitness' in best ? best.fitness : undefined),
  ),
  gauge(
    'alive_fitness',
    'Fitness of the living: the least, the quartiles and the greatest',
    ['rank'],
    ({ summary }) => ranks(summary.alive.map(({ fitness }) => fitness)),
  ),
  counter('births_total', 'Individuals that began their training', ({ births }) => births),
  counter('published_total', 'Individuals that were trained and evaluated', ({ published }) => published),
  counter('kills_total', 'Tournaments that an individual lost', ({ kills }) => kills),
  counter(
    'lost_races_total',
    'Tournaments that came to nothing, since another worker was faster',
    ({ lostRaces }) => lostRaces,
  ),
  counter(
    'adoptions_total',
    'Individuals that were taken over from a worker that was gone',
    ({ adoptions }) => adoptions,
  ),
  counter('training_seconds_total', 'Seconds of training, of all workers', ({ seconds }) => seconds),
  counter('training_flops_total', 'Floating point operations of training', ({ flops }) => flops),
  {
    name: 'galapagos_failures_total',
    kind: 'counter',
    help: 'Trainings that failed, by class',
    labels: ['class'],
    samples: ({ summary }) =>
      FAILURE_CLASSES.map((name) => [{ class: name }, summary.totals.failures[name] ?? 0]),
  },
  one(
    'longest_training_seconds',
    'How long ago the oldest training began that is under way',
    ({ at, since }) =>
      Math.max(0, ...[...since.values()].map((began) => (at.getTime() - Date.parse(began)) / 1000)),
  ),
  gauge(
    'workers',
    'Workers: silent for longer than a lease, gone (their process is no more), left (they said so)',
    ['state'],
    (look) =>
      ['joining', 'working', 'silent', 'gone', 'left'].map((state) => [
        { state },
        look.summary.workers.filter((worker) => stateOf(look, worker) === state).length,
      ]),
  ),
  ofWorkers('births_total', 'counter', 'Individuals that it has had', ({ totals }) => totals.births),
  ofWorkers('training_seconds_total', 'counter', 'Its seconds of training', ({ totals }) => totals.seconds),
  ofWorkers(
    'silence_seconds',
    'gauge',
    'How long its beat has stood still, as far as one has watched',
    ({ name }, { silence }) => silence.get(name),
  ),
  gauge('slurm_tasks', 'Tasks that Slurm still knows, by its word for their state', ['state'], ({ jobs }) =>
    countedBy(jobs.tasks.map(({ state }) => state)).map(([state, count]) => [{ state }, count]),
  ),
  one(
    'quarantined_sites',
    'Machines and accelerators that are not to train',
    ({ summary }) => summary.quarantines.length,
  ),
  one('paused', '1 while nobody is to begin anything', ({ summary }) =>
    Number(summary.pausedSince !== undefined),
  ),
  one('bound_reached', '1 when a bound of the search is reached', ({ summary }) =>
    Number(summary.reachedBound !== undefined),
  ),
  gauge('bound', 'What bounds the search, as far as it is bounded', ['bound'], ({ summary }) =>
    Object.entries(summary.bounds).flatMap(([bound, value]) =>
      value === null || bound === 'leaseSeconds' || bound === 'hallOfFame' ? [] : [[{ bound }, value]],
    ),
  ),
  one('disk_bytes', 'Bytes of the directory', ({ disk }) => Math.round(disk.total.bytes)),
  one('disk_inodes', 'Files and folders of the directory', ({ disk }) => Math.round(disk.total.inodes)),
  one('disk_free_bytes', 'Bytes that are free where it lies', ({ free }) => free.bytes),
  one('disk_free_inodes', 'Inodes that are free where it lies', ({ free }) =>
    Number.isFinite(free.inodes) ? free.inodes : undefined,
  ),
  one(
    'disk_over_bound',
    '1 while nobody is born for want of room (bounds.maxBytes, bounds.maxInodes)',
    ({ summary, disk }) => Number(overDiskBound(summary.bounds, disk) !== undefined),
  ),
];

/** Whether the directory could be read; alone where it could not. */
export const upMetric: Omit<Metric, 'samples'> = {
  name: 'galapagos_up',
  kind: 'gauge',
  help: '1 if the directory could be read, else 0, and nothing else is said',
  labels: [],
};

/**
 * What a look has shown, in the text format of Prometheus; undefined stands for a directory that does not answer.
 * @param directory Of the experiment, by which several are told apart.
 */
export async function expositionOf(look: Look | undefined, directory: string): Promise<string> {
  const registry = new Registry();
  registry.setDefaultLabels({ directory });
  const registers = [registry];
  const { name: up, help: whatUpIs } = upMetric;
  new Gauge({ name: up, help: whatUpIs, registers }).set(Number(look !== undefined));
  if (look === undefined) return await registry.metrics();
  for (const { name, kind, help, labels, samples } of METRICS) {
    const found = samples(look);
    if (found.length === 0) continue;
    const options = { name, help, labelNames: labels, registers };
    if (kind === 'gauge') {
      const metric = new Gauge(options);
      for (const [of, value] of found) metric.set(of, value);
    } else {
      const metric = new Counter(options);
      for (const [of, value] of found) metric.inc(of, value);
    }
  }
  return await registry.metrics();
}

function gauge(
  name: string,
  help: string,
  labels: readonly string[],
  samples: (look: Look) => readonly Sample[],
): Metric {
  return { name: `galapagos_${name}`, kind: 'gauge', help, labels, samples };
}

/** One without labels; it is left out where it is not known. */
function one(name: string, help: string, valueOf: (look: Look) => number | undefined): Metric {
  return gauge(name, help, [], (look) => {
    const value = valueOf(look);
    return value === undefined ? [] : [[{}, value]];
  });
}

function counter(name: string, help: string, valueOf: (totals: Totals) => number): Metric {
  const samples = ({ summary }: Look): Sample[] => [[{}, valueOf(summary.totals)]];
  return { name: `galapagos_${name}`, kind: 'counter', help, labels: [], samples };
}

type Worker = Look['summary']['workers'][number];

/** Of those that may live: of all that ever were there would be too many. */
function ofWorkers(
  name: string,
  kind: Metric['kind'],
  help: string,
  valueOf: (worker: Worker, look: Look) => number | undefined,
): Metric {
  return {
    name: `galapagos_worker_${name}`,
    kind,
    help: `${help}; of those that may live`,
    labels: ['worker', 'host', 'backend', 'device'],
    samples: (look) =>
      look.summary.workers.filter(mayLive).flatMap((worker) => {
        const value = valueOf(worker, look);
        const { host = '', backend = '', device } = worker.document ?? {};
        const labels = { worker: worker.name, host, backend, device: device ?? '' };
        return value === undefined ? [] : [[labels, value] as const];
      }),
  };
}

function stateOf({ silence, summary }: Look, { name, state }: Worker): string {
  const isSilent = state === 'working' && (silence.get(name) ?? 0) >= summary.bounds.leaseSeconds;
  return isSilent ? 'silent' : state;
}

const RANKS = { min: 0, 'lower-quartile': 0.25, median: 0.5, 'upper-quartile': 0.75, max: 1 } as const;

function ranks(values: readonly number[]): Sample[] {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return [];
  return Object.entries(RANKS).map(([rank, part]) => {
    // Between two it lies in proportion.
    const at = part * (sorted.length - 1);
    const [below = 0, above = below] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
    return [{ rank }, below + (above - below) * (at % 1)];
  });
}

function countedBy(words: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts];
}
