import type { TensorInfo } from '@tensorflow/tfjs-core';
import { KernelError } from './errors.js';

// C checks nothing: a wrong shape there is a write to somewhere else.

export function requireFloat32(name: string, tensor: TensorInfo, rank: number): void {
  if (tensor.dtype !== 'float32') throw new KernelError('DTYPE', `${name} is ${tensor.dtype}, not float32`);
  if (tensor.shape.length !== rank) {
    throw new KernelError('SHAPE', `${name} has shape [${tensor.shape.join()}], not rank ${rank}`);
  }
}

export function requireShape(name: string, tensor: TensorInfo, shape: readonly number[]): void {
  requireFloat32(name, tensor, shape.length);
  if (!sameShape(tensor.shape, shape)) {
    throw new KernelError('SHAPE', `${name} has shape [${tensor.shape.join()}], not [${shape.join()}]`);
  }
}

export function requireLabels(labels: TensorInfo, rows: number): void {
  if (labels.dtype !== 'int32') throw new KernelError('DTYPE', `labels are ${labels.dtype}, not int32`);
  if (labels.shape.length !== 1 || labels.shape[0] !== rows) {
    throw new KernelError('SHAPE', `labels have shape [${labels.shape.join()}], not [${rows}]`);
  }
}

/** An integer of at least 1, and small enough for the kernels' 32-bit arithmetic. */
export function requireCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1 || value > MAXIMUM_ELEMENTS) {
    throw new KernelError('VALUE', `${name} is ${value}, not a positive integer`);
  }
}

/** Refuses what could not be addressed anyway, before 32-bit sizes in C wrap around. */
export function requireAddressable(name: string, ...counts: number[]): void {
  const elements = counts.reduce((product, n) => product * n, 1);
  if (elements > MAXIMUM_ELEMENTS) {
    throw new KernelError(
      'OUT_OF_MEMORY',
      `${name} would have ${elements} elements, over ${MAXIMUM_ELEMENTS}`,
    );
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** 4 GiB of float32. */
const MAXIMUM_ELEMENTS = 2 ** 30;
