import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../simd-backend.js';

/** A kernel as TensorFlow.js calls it, with our back end and the names of its inputs known. */
export type Kernel<Inputs extends string, Attributes = NamedAttrMap> = (args: {
  inputs: Record<Inputs, TensorInfo>;
  attrs: Attributes;
  backend: SimdBackend;
}) => TensorInfo | TensorInfo[];

export type Shape4D = [number, number, number, number];
