import { type JobScript, jobScript, shellWord } from './job-script.js';

/** An array job of workers. */
export interface SbatchOptions {
  /** Tasks of the array, a worker each. */
  readonly workers: number;
  /** Node, the program and its arguments. */
  readonly command: readonly string[];
  /** The directory in which the tasks leave their logs. */
  readonly logDirectory: string;
  /** @default 'galapagos' */
  readonly jobName?: string;
  /** Wall-clock limit of a task, as sbatch takes it: `04:00:00`. @default the partition's */
  readonly time?: string;
  readonly partition?: string;
  readonly account?: string;
  /** Generic resources of a task: `gpu:1`. */
  readonly gres?: string;
  readonly constraint?: string;
  /** Memory of a task: `4G`. @default the partition's */
  readonly mem?: string;
  /** Any other option of sbatch, or one of these; `true` for one without a value. */
  readonly extra?: Readonly<Record<string, string | true>>;
  /** Lines of shell before the worker: `module load nodejs`. */
  readonly setup?: readonly string[];
}

/** What a task asks Slurm for, if nobody says otherwise. */
export const DIRECTIVES = {
  'job-name': 'galapagos',
  ntasks: '1',
  'cpus-per-task': '1',
  signal: 'B:USR1@120',
  requeue: true,
  'open-mode': 'append',
} as const;

/**
 * The text of a job script for sbatch: a pure function of its options.
 * @throws {RangeError} when an option makes no sense.
 */
export function renderSbatch(options: SbatchOptions): string {
  return jobScript(resolve(options));
}

function resolve(options: SbatchOptions): JobScript {
  const { workers, command, setup = [], extra = {} } = options;
  if (!(Number.isInteger(workers) && workers >= 1))
    throw new RangeError('workers: a whole number, at least 1');
  const directives = {
    ...DIRECTIVES,
    'job-name': options.jobName ?? DIRECTIVES['job-name'],
    array: arrayOf(workers),
    output: logsIn(options.logDirectory),
    ...given('time', options.time),
    ...given('partition', options.partition),
    ...given('account', options.account),
    ...given('gres', options.gres),
    ...given('constraint', options.constraint),
    ...given('mem', options.mem),
    ...extra,
  };
  const [node = '', ...rest] = command;
  return {
    directives,
    comment: ['One worker for each task of an array; made by galapagos launch --slurm.'],
    setup: [
      ...setup,
      '# Where the machine that submits has it, if the one that runs has it there too.',
      `node=${shellWord(node)}`,
      '[[ -x $node ]] || node=node',
      ...(needsGpu(directives)
        ? ['# Whoever asked for a GPU does not train without.', 'export GALAPAGOS_GPU=require']
        : []),
    ],
    command: ['"$node"', ...rest.map(shellWord)].join(' '),
  };
}

/** The tasks of so many workers. */
export function arrayOf(workers: number): string {
  return `0-${workers - 1}`;
}

/** Where the tasks write: as the workers of a launch on one machine do. Slurm reads a % as the beginning of a pattern. */
export function logsIn(directory: string): string {
  return `${directory.replaceAll('%', '%%')}/slot-%a.log`;
}

function given(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

function needsGpu(directives: Readonly<Record<string, string | true>>): boolean {
  const asking = [
    directives['gres'],
    ...Object.entries(directives).flatMap(([name, value]) => (/^gpus/.test(name) ? [`gpu:${value}`] : [])),
  ];
  return asking.some((value) => typeof value === 'string' && /(^|,)gpu(:|$)/.test(value));
}
