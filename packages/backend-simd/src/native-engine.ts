import { constants } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { KernelError } from './errors.js';
import { INITIAL_PAGES, PAGE_BYTES } from './kernels-module.js';
import type { KernelExports, KernelInstance, KernelMemory, MemoryGuard, Pointer } from './kernels-module.js';

/** Whether the native engine can be used here; `isa` is the instruction set that it uses, `path` the addon. */
export type NativeEngine =
  | { readonly available: true; readonly isa: string; readonly path: string }
  | { readonly available: false; readonly reason: string };

/** What native/addon.c exports. */
interface Addon {
  /** What this processor can run of what was compiled, the best first. */
  readonly isas: readonly string[];
  instantiate(
    isa: string,
    maximumBytes: number,
  ): {
    kernels: KernelExports;
    grow: (pages: number) => ArrayBuffer;
    discard: (offset: Pointer, bytes: number) => void;
    guard?: MemoryGuard;
  };
}

/** Of addresses, not of memory. */
const MAXIMUM_BYTES = 64 * 2 ** 30;
/** As in WebAssembly, address 0 belongs to nobody. */
const BASE = 64;

const PLATFORM = `${process.platform}-${process.arch}`;
const BUILD_SCRIPT = fileURLToPath(new URL('../scripts/build-native.mjs', import.meta.url));
/** The same from src/ and from dist/. What was compiled here goes before what came with the package. */
const PLACES = ['build', 'prebuilt'].map((folder) =>
  fileURLToPath(new URL(`../${folder}/${PLATFORM}/simd.node`, import.meta.url)),
);
const REPORT = fileURLToPath(new URL(`../build/${PLATFORM}/build.json`, import.meta.url));

interface Loaded {
  readonly addon: Addon;
  readonly isa: string;
  readonly path: string;
}

let loaded: Loaded | { readonly reason: string } | undefined;

/**
 * Whether the kernels can run as native code here, and if not, why.
 *
 * $GALAPAGOS_ISA asks for an instruction set, for measurements: `baseline`, `avx2` or `avx512` (x64), `neon` (arm64).
 * $GALAPAGOS_ADDON names another file than the one that was built at installation: scripts/sanitize.mjs does.
 */
export function nativeEngine(): NativeEngine {
  const found = load();
  if ('reason' in found) return { available: false, reason: found.reason };
  return { available: true, isa: found.isa, path: found.path };
}

/**
 * One instance of the native kernels with its memory.
 *
 * @throws KernelError `BACKEND` when there are none here
 */
export function instantiateNative(): KernelInstance {
  const found = load();
  if ('reason' in found)
    throw new KernelError('BACKEND', `the native kernels cannot be used: ${found.reason}`);
  const limit = Math.min(MAXIMUM_BYTES, constants.MAX_LENGTH);
  const { kernels, grow, discard, guard } = found.addon.instantiate(found.isa, limit - (limit % PAGE_BYTES));
  return { kernels, memory: new NativeMemory(grow, discard, guard), base: BASE };
}

class NativeMemory implements KernelMemory {
  buffer: ArrayBuffer;

  constructor(
    private readonly extend: (pages: number) => ArrayBuffer,
    readonly discard: (offset: Pointer, bytes: number) => void,
    readonly guard: MemoryGuard | undefined,
  ) {
    this.buffer = extend(INITIAL_PAGES);
  }

  grow(pages: number): void {
    this.buffer = this.extend(pages);
  }
}

function load(): Loaded | { readonly reason: string } {
  loaded ??= tryPlaces();
  return loaded;
}

function tryPlaces(): Loaded | { readonly reason: string } {
  const override = process.env['GALAPAGOS_ADDON'];
  const reasons: string[] = [];
  for (const path of override === undefined ? PLACES : [override]) {
    if (!existsSync(path)) continue;
    try {
      const addon = createRequire(import.meta.url)(path) as Addon;
      return { addon, isa: chooseIsa(addon), path };
    } catch (error) {
      reasons.push(`${path}: ${(error as Error).message}`);
    }
  }
  if (override !== undefined) reasons.push(`there is no ${override} (GALAPAGOS_ADDON)`);
  return { reason: reasons[0] ?? whyNotBuilt() };
}

function chooseIsa({ isas }: Addon): string {
  const asked = process.env['GALAPAGOS_ISA'];
  if (asked === undefined || asked === '') return isas[0] as string;
  if (isas.includes(asked)) return asked;
  throw new Error(`GALAPAGOS_ISA asks for ${asked}: here there are ${isas.join(', ')}`);
}

/** The build leaves a note where it failed. */
function whyNotBuilt(): string {
  const hint = `build it with \`node ${BUILD_SCRIPT}\``;
  try {
    const { failure } = JSON.parse(readFileSync(REPORT, 'utf8')) as { failure?: string };
    return failure === undefined ? `it is not built: ${hint}` : failure;
  } catch (error) {
    if (/^ENO(ENT|TDIR)$/.test((error as NodeJS.ErrnoException).code ?? ''))
      return `it is not built: ${hint}`;
    return `its report cannot be read (${(error as Error).message}): ${hint}`;
  }
}
