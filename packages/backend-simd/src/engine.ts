import type { KernelInstance } from './kernels-module.js';
import { instantiateNative } from './native-engine.js';
import { instantiateWasm } from './wasm-engine.js';

/** What runs the kernels: machine code, where it could be compiled, or WebAssembly, everywhere. */
export type Engine = 'native' | 'wasm';

/** The name by which TensorFlow.js knows the back end of an engine. */
export function backendName(engine: Engine): string {
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
