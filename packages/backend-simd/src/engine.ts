import { KernelError } from './errors.js';
import type { KernelInstance } from './kernels-module.js';
import { instantiateNative } from './native-engine.js';
import { instantiateWasm } from './wasm-engine.js';

const ENGINES = ['native', 'wasm'] as const;
/** What runs the kernels: machine code, where it could be compiled, or WebAssembly, everywhere. */
export type Engine = (typeof ENGINES)[number];

/**
 * The name by which TensorFlow.js knows the back end of an engine.
 *
 * @throws KernelError `VALUE` when it is none
 */
export function backendName(engine: Engine): string {
  if (!ENGINES.includes(engine))
    throw new KernelError('VALUE', `no engine ${String(engine)}: there are ${ENGINES.join(' and ')}`);
  return `simd-${engine}`;
}

/**
 * One instance of the kernels with a memory of its own.
 *
 * @throws KernelError `BACKEND` when the engine is not there
 */
export function instantiateKernels(engine: Engine): KernelInstance {
  return engine === 'native' ? instantiateNative() : instantiateWasm();
}
