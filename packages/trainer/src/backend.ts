import { existsSync } from 'node:fs';
import { type Operations, registerSimdBackend, simdOperations } from '@galapagos/backend-simd';
// Registers `cpu`.
import '@tensorflow/tfjs-backend-cpu';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { BACKEND_LADDER, type BackendChoice, BackendError, type BackendName } from './backend-choice.js';
import { stockOperations } from './stock-operations.js';

export interface Backend {
  readonly name: BackendName;
  /** Why this one, and not a better one. */
  readonly reason: string;
  readonly operations: Operations;
}

/** What provides the back ends that are not ours, under the name `tensorflow`. */
const PACKAGES = {
  'tfjs-node-gpu': '@tensorflow/tfjs-node-gpu',
  'tfjs-node': '@tensorflow/tfjs-node',
} as const;

/** Loads a package that may not be there; an argument, for tests. */
export type Load = (packageName: string) => Promise<unknown>;

/**
 * Selects the back end that trains: the first of the ladder that is there, or the one that is asked for.
 * `@tensorflow/tfjs-node-gpu` and `@tensorflow/tfjs-node` are optional: their install step downloads what cannot be
 * had everywhere.
 * @throws BackendError when the one that is asked for is not there.
 */
export async function chooseBackend(
  choice: BackendChoice,
  load: Load = (name) => import(name),
): Promise<Backend> {
  const missing: string[] = [];
  for (const name of choice === 'auto' ? BACKEND_LADDER : [choice]) {
    const why = await select(name, load);
    if (why === undefined)
      return { name, reason: reasonOf(name, choice, missing), operations: operationsOf(name) };
    missing.push(`${name}: ${why}`);
  }
  throw new BackendError(`the back end cannot be used: ${missing.join('; ')}`);
}

/** @returns Why it cannot be used; undefined when it is selected. */
async function select(name: BackendName, load: Load): Promise<string | undefined> {
  try {
    if (!(await setBackend(await register(name, load)))) return 'does not start';
    await ready();
    return undefined;
  } catch (error) {
    return whyNotLoaded(name, error);
  }
}

/** @returns The name by which TensorFlow.js knows it. */
async function register(name: BackendName, load: Load): Promise<string> {
  switch (name) {
    case 'cpu':
      return name;
    case 'simd':
      return registerSimdBackend('wasm');
    case 'tfjs-node':
    case 'tfjs-node-gpu':
      await load(PACKAGES[name]);
      return 'tensorflow';
  }
}

function whyNotLoaded(name: BackendName, error: unknown): string {
  const [reason = ''] = String(error).split('\n');
  // Not one that it needs itself: its native part may be missing, where its install step failed.
  if (reason.includes(`Cannot find package '@tensorflow/${name}'`)) return 'not installed';
  return `does not load: ${reason}`;
}

function operationsOf(name: BackendName): Operations {
  return name === 'simd' ? simdOperations : stockOperations;
}

function reasonOf(name: BackendName, choice: BackendChoice, missing: readonly string[]): string {
  if (choice !== 'auto') return 'asked for';
  const device =
    name === 'tfjs-node-gpu' && !existsSync('/dev/nvidiactl') ? 'installed, though no GPU is to be seen' : '';
  return [device || (name === 'simd' ? 'always there' : 'installed'), ...missing].join('; ');
}
