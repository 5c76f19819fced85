import { existsSync } from 'node:fs';
import { type Operations, registerSimdBackend, simdOperations } from '@galapagos/backend-simd';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { stockOperations } from './stock-operations.js';

/** The back ends in the order in which they are tried; `cpu` only where it is asked for: it is for tests. */
export const BACKEND_LADDER = ['tfjs-node-gpu', 'tfjs-node', 'simd'] as const;
export type BackendName = (typeof BACKEND_LADDER)[number] | 'cpu';
export const BACKEND_CHOICES = ['auto', ...BACKEND_LADDER, 'cpu'] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

export interface Backend {
  readonly name: BackendName;
  /** Why this one, and not a better one. */
  readonly reason: string;
  readonly operations: Operations;
}

/** Thrown when a back end that was asked for is not there. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}

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
  switch (name) {
    case 'simd':
    case 'cpu':
      registerSimdBackend();
      await setBackend(name);
      break;
    case 'tfjs-node':
    case 'tfjs-node-gpu':
      try {
        // Importing it registers and selects its back end, `tensorflow`.
        await load(`@tensorflow/${name}`);
      } catch (error) {
        return whyNotLoaded(error);
      }
      await setBackend('tensorflow');
      break;
  }
  await ready();
  return undefined;
}

function whyNotLoaded(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(code)) return 'not installed';
  return `does not load: ${String(error).split('\n')[0] ?? ''}`;
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
