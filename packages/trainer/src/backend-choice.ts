// Apart from backend.ts, so that whoever only names a back end does not load TensorFlow.js.

/** The back ends in the order in which they are tried; `cpu` only where it is asked for: it is for tests. */
export const BACKEND_LADDER = ['tfjs-node-gpu', 'tfjs-node', 'simd'] as const;
export type BackendName = (typeof BACKEND_LADDER)[number] | 'cpu';
export const BACKEND_CHOICES = ['auto', ...BACKEND_LADDER, 'cpu'] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

/** Thrown when a back end that was asked for is not there. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}
