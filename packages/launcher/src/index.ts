export type { Clock } from './clock.js';
export type { LaunchEvent } from './events.js';
export { ExitCode, restartTable, signalOfCode, type Verdict } from './exit-codes.js';
export { type Gpu, chooseGpus, gpuOf, visibleGpus } from './gpus.js';
export { applyManifests } from './kubernetes/kubectl.js';
export { type Manifest, renderKubernetes } from './kubernetes/manifests.js';
export { type KubernetesOptions, RESOURCES } from './kubernetes/options.js';
export { launchLocal, type LocalLaunch } from './local.js';
export { type Installed, installedGpus } from './nvidia-smi.js';
export type { BackoffOptions, LocalLaunchOptions } from './options.js';
export { type LaunchResult, type SlotResult, exitCodeOf } from './result.js';
export { SchedulerError } from './scheduler-error.js';
export { type JobScript, jobScript } from './slurm/job-script.js';
export { DIRECTIVES, type SbatchOptions, renderSbatch } from './slurm/sbatch.js';
export {
  type SlurmTask,
  askToGiveBack,
  cancel,
  exitCodeOfTask,
  isOver,
  isPending,
  submit,
  submitAgain,
  tasksOf,
} from './slurm/slurm.js';
export { parseSlurmTime } from './slurm/time.js';
