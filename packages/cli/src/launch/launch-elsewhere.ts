import type { Population } from '@galapagos/population';
import { gpuOptions } from '../gpu-plan.js';
import { type KubernetesRequest, kubernetesOptions } from './kubernetes-options.js';
import { launchOnKubernetes } from './launch-kubernetes.js';
import { launchOnSlurm } from './launch-slurm.js';
import { type SlurmRequest, slurmOptions } from './slurm-options.js';
import type { Terminal } from '../terminal.js';
import { commandOf } from '../trainer-option.js';
import { UsageError } from '../usage-error.js';
import type { WorkerRequest } from './worker-arguments.js';

/** The options of a launch that somebody else carries out. */
interface ElsewhereArguments extends WorkerRequest {
  readonly workers: number | undefined;
  readonly for: string | undefined;
  readonly gpus: string;
  readonly 'workers-per-gpu': number;
  readonly trainer: string | undefined;
  readonly 'dry-run': boolean;
}

/** Has Slurm start workers. @returns The exit code. @throws UsageError, SchedulerError */
export async function onSlurm(
  population: Population,
  args: ElsewhereArguments & SlurmRequest,
  terminal: Terminal,
): Promise<number> {
  const workers = workersElsewhere(args, 'slurm', {
    for: '--time, the limit of each task, or bound',
    gpus: 'a task gets, with --gres gpu:1',
  });
  await commandOf(population, args.trainer);
  const { 'dry-run': isDryRun } = args;
  return await launchOnSlurm({ population, workers, worker: args, slurm: args, isDryRun, terminal });
}

/** Has Kubernetes start workers. @returns The exit code. @throws UsageError, SchedulerError */
export async function onKubernetes(
  args: ElsewhereArguments & KubernetesRequest & { readonly dir: string },
  terminal: Terminal,
): Promise<number> {
  const workers = workersElsewhere(args, 'kubernetes', {
    for: 'when it is to end: bound',
    gpus: 'a pod gets, with --resource nvidia.com/gpu=1',
  });
  const { dir: directory, 'dry-run': isDryRun } = args;
  return await launchOnKubernetes({
    directory,
    workers,
    worker: args,
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
export function refuseStrayOptions(args: Readonly<Record<string, unknown>>): void {
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
