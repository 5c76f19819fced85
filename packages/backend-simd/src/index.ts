export type { Engine } from './engine.js';
export { KernelError, type KernelErrorCode } from './errors.js';
export { nativeEngine, type NativeEngine } from './native-engine.js';
export type { NormalizationOptions, Operations, SgdOptions } from './operations.js';
export {
  CompiledNetwork,
  type CompiledNetworkOptions,
  type NamedArrays,
} from './network/compiled-network.js';
export type { ByteBatch, NetworkBatch } from './network/batch.js';
export { type Batches, type Normalization, networkBytes } from './network/block.js';
export type { ConvolutionMethod } from './network/forward.js';
export type {
  GraphConvolution,
  GraphNode,
  GraphNormalization,
  GraphParameter,
  GraphTerm,
  ImageShape,
  NetworkGraph,
} from './network/graph.js';
export { registerSimdBackend } from './register.js';
export { SimdBackend } from './simd-backend.js';
export { simdOperations } from './simd-operations.js';
