import { type Operations, registerSimdBackend, simdOperations } from '@galapagos/backend-simd';
// Registers `cpu`.
import '@tensorflow/tfjs-backend-cpu';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import {
  BACKEND_LADDER,
  type BackendChoice,
  BackendError,
  type BackendName,
  remedyFor,
} from './backend-choice.js';
import { stockOperations } from './stock-operations.js';
import { type Opened, type Surroundings, openTensorflow, surroundings } from './tensorflow.js';
import { tensorflowOperations } from './tensorflow-operations.js';

export interface Backend {
  readonly name: BackendName;
  /** Which version of it, which instructions of the processor: `libtensorflow 2.21.0`, `avx512`. */
  readonly detail: string;
  /** Why this one, and not a better one. */
  readonly reason: string;
  readonly operations: Operations;
}

interface Rung {
  readonly operations: Operations;
  /** Registers it with TensorFlow.js. @throws Whatever is in the way. */
  readonly open: (around: Surroundings) => Opened | Promise<Opened>;
}

const RUNGS: Readonly<Record<BackendName, Rung>> = {
  'tfjs-node-gpu': {
    operations: tensorflowOperations,
    open: (around) => openTensorflow('tfjs-node-gpu', around),
  },
  native: {
    operations: simdOperations,
    open: ({ native }) => {
      const engine = native();
      if (!engine.available) throw new BackendError(engine.reason);
      return { registered: registerSimdBackend('native'), detail: engine.isa };
    },
  },
  'tfjs-node': { operations: tensorflowOperations, open: (around) => openTensorflow('tfjs-node', around) },
  wasm: {
    operations: simdOperations,
    open: () => ({ registered: registerSimdBackend('wasm'), detail: 'simd128' }),
  },
  cpu: { operations: stockOperations, open: () => ({ registered: 'cpu', detail: 'plain JavaScript' }) },
};

/**
 * Selects the back end that trains: the first of the ladder that is there, or the one that is asked for.
 * @throws BackendError when the one that is asked for is not there, or not the GPU that `GALAPAGOS_GPU` promises.
 */
export async function chooseBackend(
  choice: BackendChoice,
  around: Surroundings = surroundings(),
): Promise<Backend> {
  const missing: string[] = [];
  let why = '';
  const names = candidates(choice, around.environment);
  for (const name of names) {
    const { operations, open } = RUNGS[name];
    try {
      // Loading hundreds of megabytes only to find no GPU is for those who ask for one.
      if (name === 'tfjs-node-gpu' && choice === 'auto' && !around.hasGpuDriver)
        throw new BackendError('no driver of a GPU is to be seen');
      const { registered, detail } = await open(around);
      if (!(await setBackend(registered))) throw new BackendError('does not start');
      await ready();
      const first = choice === 'auto' ? 'the best that is there' : 'asked for';
      return { name, detail, reason: [first, ...missing].join('; '), operations };
    } catch (error) {
      why = whyNot(name, error);
      missing.push(`${name}: ${why}`);
    }
  }
  const all = missing.join('; ');
  throw new BackendError(
    `the back end cannot be used: ${all}${remedyOf(names, why)}`,
    names.length === 1 ? why : all,
  );
}

/** What is tried, in this order. Of a promised GPU there is no way down. */
function candidates(choice: BackendChoice, environment: NodeJS.ProcessEnv): readonly BackendName[] {
  const asked = choice === 'auto' ? BACKEND_LADDER : [choice];
  const promise = environment['GALAPAGOS_GPU'];
  if (promise === undefined || promise === '') return asked;
  if (promise !== 'require')
    throw new BackendError(`GALAPAGOS_GPU=${promise}: write require, or leave it out`);
  if (choice !== 'auto' && choice !== 'tfjs-node-gpu')
    throw new BackendError(`GALAPAGOS_GPU=require promises a GPU, and ${choice} computes on the processor`);
  return ['tfjs-node-gpu'];
}

function whyNot(name: BackendName, error: unknown): string {
  if (error instanceof BackendError) return error.message;
  const [reason = ''] = String(error).split('\n');
  // Not one that it needs itself: its native part may be missing, where its install step failed.
  if (reason.includes(`Cannot find package '@tensorflow/${name}'`)) return 'not installed';
  return `does not load: ${reason}`;
}

function remedyOf([only, ...others]: readonly BackendName[], whyNot: string): string {
  const remedy = only === undefined || others.length > 0 ? undefined : remedyFor(only, whyNot);
  return remedy === undefined ? '' : `. It takes ${remedy}`;
}
