import { chooseGpus, gpuOf, installedGpus, visibleGpus } from '@galapagos/launcher';
import { type BackendChoice, type Found, tryBackend } from '@galapagos/trainer';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

export const gpuOptions = {
  gpus: {
    describe:
      'The GPUs of this machine that workers train on: auto, all that CUDA_VISIBLE_DEVICES leaves; none; or 0,1,… among those',
    type: 'string',
    requiresArg: true,
    default: 'auto',
  },
  'workers-per-gpu': {
    describe: 'Workers that share a GPU',
    type: 'number',
    requiresArg: true,
    default: 1,
  },
} as const;

export interface GpuRequest {
  readonly gpus: string;
  readonly workersPerGpu: number;
  /** Undefined where it is left open. */
  readonly workers: number | undefined;
  readonly backend: BackendChoice;
  /** A program that trains in place of the built-in trainer: on which processor is its own affair. */
  readonly command?: string | undefined;
}

/** Which worker trains on which GPU. */
export interface GpuPlan {
  /** None where all train on the processor. */
  readonly gpus: readonly string[];
  /** Workers that there is a GPU for; undefined where all train on the processor. */
  readonly places: number | undefined;
  /** What the worker of a slot is started with. */
  readonly environmentOf: (slot: number) => Readonly<Record<string, string>>;
}

/** What is looked at; an argument, for tests. */
export interface GpuGround {
  readonly environment: NodeJS.ProcessEnv;
  readonly installed: typeof installedGpus;
  readonly tryBackend: (choice: BackendChoice, environment: NodeJS.ProcessEnv) => Promise<Found>;
}

const realGround: GpuGround = { environment: process.env, installed: installedGpus, tryBackend };

/** With GPUs as CUDA finds them, none of them hidden. */
const ON_THE_PROCESSOR: GpuPlan = { gpus: [], places: undefined, environmentOf: () => ({}) };

/**
 * Deals GPUs out to workers. Whoever is given one and does not get to compute on it ends with 6: none trains in silence
 * on the processor. Where nobody asks for GPUs they are used if the back end for them is there.
 * @throws UsageError when what is asked for contradicts itself, or is not there.
 */
export async function planGpus(
  request: GpuRequest,
  terminal: Pick<Terminal, 'err'>,
  ground = realGround,
): Promise<GpuPlan> {
  const { gpus: asked, workersPerGpu, backend, command } = request;
  if (!Number.isInteger(workersPerGpu) || workersPerGpu < 1)
    throw new UsageError('--workers-per-gpu: a whole number, at least 1');
  const computesOnGpu = command !== undefined || backend === 'auto' || backend === 'tfjs-node-gpu';
  if (asked === 'none') {
    if (backend === 'tfjs-node-gpu') throw new UsageError('--gpus none: tfjs-node-gpu computes on a GPU');
    return { ...ON_THE_PROCESSOR, environmentOf: () => ({ CUDA_VISIBLE_DEVICES: '' }) };
  }
  if (!computesOnGpu) {
    if (asked !== 'auto') throw new UsageError(`--gpus ${asked}: ${backend} computes on the processor`);
    return ON_THE_PROCESSOR;
  }
  const gpus = choose(asked, await findVisible(terminal, ground));
  // Nobody has promised one: a worker that was (GALAPAGOS_GPU) says itself that there is none.
  if (gpus.length === 0) return ON_THE_PROCESSOR;
  if (asked === 'auto' && backend === 'auto' && command === undefined) {
    const found = await ground.tryBackend('auto', { ...ground.environment, CUDA_VISIBLE_DEVICES: gpus[0] });
    if ('whyNot' in found || found.name !== 'tfjs-node-gpu') {
      const why = 'whyNot' in found ? found.whyNot : found.reason;
      terminal.err(
        `${count(gpus.length, 'GPU')} here, but no back end to train on: ${why}. With --gpus none nobody looks for one`,
      );
      return ON_THE_PROCESSOR;
    }
  }
  const places = gpus.length * workersPerGpu;
  refuseTooMany(request, gpus.length, places);
  return {
    gpus,
    places,
    environmentOf: (slot) => ({ CUDA_VISIBLE_DEVICES: gpuOf(slot, gpus) ?? '', GALAPAGOS_GPU: 'require' }),
  };
}

/**
 * The GPU of a worker that nobody has given one: of several that are visible the one of its place among the tasks of a
 * Slurm step on this machine, else the first. TensorFlow would take hold of them all.
 */
export async function ownGpu(
  backend: BackendChoice,
  terminal: Pick<Terminal, 'err'>,
  ground = realGround,
): Promise<string | undefined> {
  if (backend !== 'auto' && backend !== 'tfjs-node-gpu') return undefined;
  const gpus = await findVisible(terminal, ground);
  return gpus.length < 2 ? undefined : gpuOf(Number(ground.environment['SLURM_LOCALID'] ?? 0) || 0, gpus);
}

async function findVisible(
  terminal: Pick<Terminal, 'err'>,
  { environment, installed }: Pick<GpuGround, 'environment' | 'installed'>,
): Promise<string[]> {
  const { gpus, problem } = await installed(environment);
  if (problem !== undefined) terminal.err(`which GPUs there are nobody says: ${problem}`);
  return visibleGpus(environment['CUDA_VISIBLE_DEVICES'], gpus);
}

function choose(asked: string, visible: readonly string[]): string[] {
  try {
    return chooseGpus(asked, visible);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--gpus ${asked}: ${error.message}`);
    throw error;
  }
}

function refuseTooMany({ workers, workersPerGpu }: GpuRequest, gpus: number, places: number): void {
  if (workers === undefined || workers <= places) return;
  const sharing = Math.ceil(workers / gpus);
  throw new UsageError(
    `--workers ${workers}: ${count(gpus, 'GPU')}, ${count(workersPerGpu, 'worker')} on each; --workers-per-gpu ${sharing} has them shared`,
  );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
