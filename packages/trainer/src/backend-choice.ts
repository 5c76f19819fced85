// Apart from backend.ts, so that whoever only names a back end does not load TensorFlow.js.

/**
 * The back ends in the order in which they are tried. Our native kernels come before TensorFlow's on the processor, as
 * they were faster on every network: twice on wide ones, twenty times on those that evolution begins with. TensorFlow
 * comes before WebAssembly, which is slower on wide networks (docs/tfjs-node.md has the figures). `cpu` is taken only
 * where it is asked for: it is for tests.
 */
export const BACKEND_LADDER = ['tfjs-node-gpu', 'native', 'tfjs-node', 'wasm'] as const;
export type BackendName = (typeof BACKEND_LADDER)[number] | 'cpu';
export const BACKEND_CHOICES = ['auto', ...BACKEND_LADDER, 'cpu'] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

/** How each is come by, in a clone. */
const REMEDIES: Readonly<Record<BackendName, string>> = {
  'tfjs-node-gpu':
    'an NVIDIA GPU with its driver and CUDA, and `node scripts/tfjs-node.mjs --gpu` (or `npm install @tensorflow/tfjs-node-gpu`, for CUDA 11)',
  'tfjs-node': '`node scripts/tfjs-node.mjs`',
  native: 'a C compiler (gcc or clang) and `node packages/backend-simd/scripts/build-native.mjs`',
  wasm: 'always there',
  cpu: 'always there, for tests only: far too slow',
};

/** How one is come by; undefined where why it is not there says so itself: a command, or a variable to be changed. */
export function remedyFor(name: BackendName, whyNot = ''): string | undefined {
  return /`node |GALAPAGOS_/.test(whyNot) ? undefined : REMEDIES[name];
}

/** Thrown when a back end that was asked for is not there, or no GPU where one was promised. */
export class BackendError extends Error {
  override readonly name = 'BackendError';

  constructor(
    message: string,
    /** The reason alone. */
    readonly why = message,
  ) {
    super(message);
  }
}
