import { nodeHost, summarize } from '@galapagos/population';
import { defineCommand, directory } from '../command.js';
import { quote } from '../format.js';
import { gpuOptions, planGpus } from '../gpu-plan.js';
import { openPopulation } from '../ground.js';
import { kubernetesOptions } from '../launch/kubernetes-options.js';
import { onKubernetes, onSlurm, refuseStrayOptions } from '../launch/launch-elsewhere.js';
import { launch } from '../launch/launch.js';
import { slurmOptions } from '../launch/slurm-options.js';
import { commandOf, trainerOption } from '../trainer-option.js';
import { logOptions } from '../logs/worker-log.js';
import {
  backendOption,
  defaultWorkers,
  requireWorkers,
  secondsOf,
  workersOption,
} from '../workers-option.js';
import { PROGRAM } from '../program.js';

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
    ...logOptions,
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
      worker: args,
      gpus,
      terminal,
    });
    if (exitCode === 0 && !isForced) {
      const { reachedBound } = await summarize(population, nodeHost);
      const why = reachedBound === undefined ? '' : `: the budget is spent, ${reachedBound}`;
      terminal.err(`Ended${why}. Look: ${PROGRAM} best ${quote(args.dir)}`);
    }
    return exitCode;
  },
});
