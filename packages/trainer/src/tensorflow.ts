import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import util from 'node:util';
import { type NativeEngine, nativeEngine } from '@galapagos/backend-simd';
import { findBackend, setBackend } from '@tensorflow/tfjs-core';
import { BackendError } from './backend-choice.js';
import { keepCompiledHere } from './cuda-cache.js';

// libtensorflow, the back end that is not ours. It comes from a directory that scripts/tfjs-node.mjs has built, or from
// one of TensorFlow's own packages, which are optional: their install step downloads what cannot be had everywhere.

/** The name by which TensorFlow.js knows it. */
const TENSORFLOW = 'tensorflow';

const PACKAGES = {
  'tfjs-node-gpu': '@tensorflow/tfjs-node-gpu',
  'tfjs-node': '@tensorflow/tfjs-node',
} as const;

/** What libtensorflow reads as it starts; what the user has set stays. */
const SETTINGS: Readonly<Record<string, string>> = {
  // Without it no oneDNN on processors without AVX-512: a fifth slower.
  TF_ENABLE_ONEDNN_OPTS: '1',
  // One worker per core.
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
  // A GPU may be shared; else the first process takes all of its memory.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  // Warnings and errors only.
  TF_CPP_MIN_LOG_LEVEL: '2',
  // Of what the driver compiles for a GPU; TensorFlow's kernels take more than the 1 GiB that it keeps by itself.
  CUDA_CACHE_MAXSIZE: String(4 * 2 ** 30),
};

/** A back end that TensorFlow.js knows. */
export interface Opened {
  /** The name by which it does. */
  readonly registered: string;
  /** Which version of it, which instructions of the processor. */
  readonly detail: string;
}

/** What may be in the way of it, and where it is looked for; an argument, for tests. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** Loads a package that may not be there. */
  readonly load: (packageName: string) => Promise<unknown>;
  /** Whether the driver of a GPU is there. */
  readonly hasGpuDriver: boolean;
  readonly native: () => NativeEngine;
  /** Whether the processor can run libtensorflow, which ends the process where it cannot. */
  readonly hasAvx: boolean;
}

export function surroundings(): Surroundings {
  return {
    environment: process.env,
    load: (name) => import(name),
    hasGpuDriver: ['/dev/nvidiactl', '/dev/dxg'].some((device) => existsSync(device)),
    native: nativeEngine,
    hasAvx: process.arch !== 'x64' || hasFlag('avx'),
  };
}

function hasFlag(flag: string): boolean {
  try {
    return new RegExp(`^flags.*\\b${flag}\\b`, 'm').test(readFileSync('/proc/cpuinfo', 'latin1'));
  } catch {
    // No Linux: such a processor has been rare for ten years.
    return true;
  }
}

/** Where what was built is looked for. scripts/tfjs-node/places.mjs says the same. */
export function builtDirectory(environment: NodeJS.ProcessEnv): string {
  const named = environment['GALAPAGOS_TFJS_NODE'];
  if (named) return named;
  const xdg = environment['XDG_DATA_HOME'];
  const data = xdg && isAbsolute(xdg) ? xdg : join(environment['HOME'] || homedir(), '.local', 'share');
  return join(data, 'galapagos', 'tfjs-node');
}

/**
 * Loads libtensorflow and registers it as `tensorflow`: what was built, else the package of that name.
 * Its detail is `libtensorflow 2.21.0`, and whether it computes on a GPU.
 * @throws Whatever is in the way.
 */
export async function openTensorflow(name: keyof typeof PACKAGES, around: Surroundings): Promise<Opened> {
  if (!around.hasAvx) throw new Error('this processor has no AVX, which libtensorflow needs');
  for (const [key, value] of Object.entries(SETTINGS)) process.env[key] ??= value;
  if (name === 'tfjs-node-gpu') keepCompiledHere();
  restoreRemovedFunctions();
  const built = join(builtDirectory(around.environment), 'register.cjs');
  const require = createRequire(import.meta.url);
  if (existsSync(built) && (name === 'tfjs-node' || isForGpu(built))) {
    const register = require(built) as (tf: unknown) => void;
    register(require('@tensorflow/tfjs-core'));
  } else if (around.environment['GALAPAGOS_TFJS_NODE'] && !existsSync(built)) {
    throw new BackendError(`GALAPAGOS_TFJS_NODE: no ${built}`);
  } else {
    await around.load(PACKAGES[name]);
  }
  if (!(await setBackend(TENSORFLOW))) throw new BackendError('does not start');
  const { binding, isUsingGpuDevice } = findBackend(TENSORFLOW) as Partial<TensorflowBackend>;
  if (name === 'tfjs-node-gpu' && isUsingGpuDevice !== true)
    throw new BackendError('libtensorflow finds no GPU, and would compute on the processor');
  const detail = `libtensorflow ${binding?.TF_Version ?? '?'}${isUsingGpuDevice === true ? ' on a GPU' : ''}`;
  return { registered: TENSORFLOW, detail };
}

/** Whether it was built from a wheel that can use one. */
function isForGpu(built: string): boolean {
  const manifest = readFileSync(join(dirname(built), 'galapagos-tfjs-node.json'), 'utf8');
  return (JSON.parse(manifest) as { gpu?: unknown }).gpu === true;
}

/** What tfjs-node's back end offers beside the common methods. */
interface TensorflowBackend {
  readonly binding: { readonly TF_Version?: string };
  /** By TensorFlow's own list of devices. */
  readonly isUsingGpuDevice: boolean;
}

/** tfjs-node calls what Node 23 and newer do not have any more. */
function restoreRemovedFunctions(): void {
  const removed: { isNullOrUndefined?: unknown; isArray?: unknown } = util;
  removed.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  removed.isArray ??= Array.isArray;
}
