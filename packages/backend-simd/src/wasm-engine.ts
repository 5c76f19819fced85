import { readFileSync } from 'node:fs';
import { INITIAL_PAGES } from './kernels-module.js';
import type { KernelExports, KernelInstance, KernelMemory } from './kernels-module.js';

// Declared here, as TypeScript knows WebAssembly only among the types of a browser.
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => KernelMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
};

/** All that 32-bit addresses reach: 4 GiB. Address space only; memory is taken as it is used. */
const MAXIMUM_PAGES = 65536;

/** One instance of kernels/kernels.wasm with its memory. The path is the same from src/ and from dist/. */
export function instantiateWasm(): KernelInstance {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
  const module = new WebAssembly.Module(readFileSync(new URL('../kernels/kernels.wasm', import.meta.url)));
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  // All of 4 GiB would be 0 to it.
  const program_check: KernelExports['program_check'] = (program, integers, bytes) =>
    exports.program_check(program, integers, Math.min(bytes, 2 ** 32 - 1));
  return {
    kernels: { ...exports, ...unsigned(exports), program_check },
    memory,
    base: exports.__heap_base.value,
  };
}

type Exports = KernelExports & { readonly __heap_base: { readonly value: number } };

/** Sizes are unsigned in C; WebAssembly knows no such numbers. */
function unsigned(exports: Exports): object {
  const sizes = Object.entries(exports).filter(([name]) => name.endsWith('_scratch'));
  return Object.fromEntries(
    sizes.map(([name, size]) => [name, (...args: number[]) => (size as Size)(...args) >>> 0]),
  );
}

type Size = (...args: number[]) => number;
