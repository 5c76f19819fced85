import { type Population, nodeHost, summarize } from '@galapagos/population';
import type { BackendChoice } from '@galapagos/trainer';
import { defineCommand, directory } from '../command.js';
import { quote } from '../format.js';
import { gpuOptions, planGpus } from '../gpu-plan.js';
import { openPopulation } from '../ground.js';
import { type KubernetesRequest, kubernetesOptions } from '../kubernetes-options.js';
import { launchOnKubernetes } from '../launch-kubernetes.js';
import { launchOnSlurm } from '../launch-slurm.js';
import { launch } from '../launch.js';
import { type SlurmRequest, slurmOptions } from '../slurm-options.js';
import type { Terminal } from '../terminal.js';
import { commandOf, trainerOption } from '../trainer-option.js';
import { UsageError } from '../usage-error.js';
import {
  backendOption,
  defaultWorkers,
  requireWorkers,
  secondsOf,
  workersOption,
} from '../workers-option.js';

export const launchCommand = defineCommand({
  name: 'launch',
  describe: 'Start workers on this machine, under Slurm or on Kubernetes, and show how it goes',
  positionals: directory,
  options: {
    ...workersOption,
    for: { describe: 'Stop after so long: 30m, 2h', type: 'string', requiresArg: true },
    ...backendOption,
    ...trainerOption,
    ...gpuOptions,
    'dry-run': {
      describe: 'With --slurm or --kubernetes: print what would be submitted, and submit nothing',
      type: 'boolean',
      default: false,
    },
    ...slurmOptions,
    ...kubernetesOptions,
  },
  examples: [
    ['launch runs/a --workers 2 --for 2h', 'two workers, two hours'],
    ['launch runs/a --gpus 0,1 --workers-per-gpu 2', 'four workers on two GPUs'],
    [
      'launch runs/a --slurm --workers 32 --time 4:00:00 --gres gpu:1',
      'an array job: a worker and a GPU in each task',
    ],
    ['launch runs/a --slurm --workers 32 --dry-run', 'the job script, to be read or changed'],
    [
      'launch /shared/runs/a --kubernetes --workers 32 --image IMAGE --claim lab --mount /shared',
      'an Indexed Job on the claim that pods see as /shared',
    ],
  ],
  run: async (args, terminal) => {
    requireWorkers(args.workers);
    const seconds = args.for === undefined ? undefined : secondsOf('for', args.for);
    refuseStrayOptions(args);
    if (args.kubernetes) return await onKubernetes(args, terminal);
    const population = await openPopulation(args.dir);
    if (args.slurm) return await onSlurm(population, args, terminal);
    const { workers, backend, trainer, gpus: asked, 'workers-per-gpu': workersPerGpu } = args;
    const command = await commandOf(population, trainer);
    const gpus = await planGpus({ gpus: asked, workersPerGpu, workers, backend, command }, terminal);
    const { exitCode, isForced } = await launch({
      population,
      workers: workers ?? defaultWorkers(population, 4, gpus.places),
      seconds,
      backend,
      trainer,
      gpus,
      terminal,
    });
    if (exitCode === 0 && !isForced) {
      const { reachedBound } = await summarize(population, nodeHost);
      const why = reachedBound === undefined ? '' : `: the budget is spent, ${reachedBound}`;
      terminal.err(`Ended${why}. Look: npx galapagos best ${quote(args.dir)}`);
    }
    return exitCode;
  },
});

/** The options of a launch that somebody else carries out. */
interface ElsewhereArguments {
  readonly workers: number | undefined;
  readonly for: string | undefined;
  readonly gpus: string;
  readonly 'workers-per-gpu': number;
  readonly backend: BackendChoice;
  readonly trainer: string | undefined;
  readonly 'dry-run': boolean;
}

async function onSlurm(
  population: Population,
  args: ElsewhereArguments & SlurmRequest,
  terminal: Terminal,
): Promise<number> {
  const workers = workersElsewhere(args, 'slurm', {
    for: '--time, the limit of each task, or bound',
    gpus: 'a task gets, with --gres gpu:1',
  });
  const { backend, trainer, 'dry-run': isDryRun } = args;
  await commandOf(population, trainer);
  return await launchOnSlurm({ population, workers, backend, trainer, slurm: args, isDryRun, terminal });
}

async function onKubernetes(
  args: ElsewhereArguments & KubernetesRequest & { readonly dir: string },
  terminal: Terminal,
): Promise<number> {
  const workers = workersElsewhere(args, 'kubernetes', {
    for: 'when it is to end: bound',
    gpus: 'a pod gets, with --resource nvidia.com/gpu=1',
  });
  const { dir: directory, backend, trainer, 'dry-run': isDryRun } = args;
  return await launchOnKubernetes({
    directory,
    workers,
    backend,
    trainer,
    kubernetes: args,
    isDryRun,
    terminal,
  });
}

/**
 * How many workers somebody else is to start.
 * @throws UsageError where they are not given, or what is means nothing there; `instead` says what to say.
 */
function workersElsewhere(
  args: ElsewhereArguments,
  where: 'slurm' | 'kubernetes',
  instead: { readonly for: string; readonly gpus: string },
): number {
  if (args.workers === undefined) throw new UsageError(`--${where}: say how many workers, with --workers`);
  if (args.for !== undefined)
    throw new UsageError(
      `--for: with --${where} say ${instead.for} the search (galapagos set DIR bounds.wallSeconds=2h)`,
    );
  const isDefault = (name: keyof typeof gpuOptions) => args[name] === gpuOptions[name].default;
  if (!isDefault('gpus') || !isDefault('workers-per-gpu'))
    throw new UsageError(`--gpus: with --${where} say what ${instead.gpus}`);
  return args.workers;
}

/** The options that mean nothing without another. */
const FAMILIES = [
  { of: ['slurm'], names: Object.keys(slurmOptions) },
  { of: ['kubernetes'], names: Object.keys(kubernetesOptions) },
  { of: ['slurm', 'kubernetes'], names: ['dry-run'] },
];

/** @throws UsageError where an option is given that means nothing without another, which is not. */
function refuseStrayOptions(args: Readonly<Record<string, unknown>>): void {
  const isGiven = (name: string) => {
    const value = args[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  };
  if (isGiven('slurm') && isGiven('kubernetes'))
    throw new UsageError('--slurm and --kubernetes: one of them');
  for (const { of, names } of FAMILIES) {
    const stray = of.some(isGiven) ? undefined : names.find(isGiven);
    if (stray !== undefined)
      throw new UsageError(`--${stray}: only with ${of.map((name) => `--${name}`).join(' or ')}`);
  }
}
