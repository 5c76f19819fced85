export { KernelError, type KernelErrorCode } from './errors.js';
export type { NormalizationOptions, Operations, SgdOptions } from './operations.js';
export { registerSimdBackend } from './register.js';
export { BACKEND_NAME, SimdBackend } from './simd-backend.js';
export { simdOperations } from './simd-operations.js';
