import type { GradConfig, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { requireFloat32, requireShape, sameShape } from '../checks.js';
import type { SimdBackend } from '../simd-backend.js';
import type { Kernel } from './kernel.js';

export const SUM = 'SimdSum';

/** Sum of any number of tensors of one shape, their names being their places. */
export const sum: Kernel<string, { terms: number }> = ({ inputs, backend }) => {
  const terms = Object.values(inputs);
  const [first] = terms as [TensorInfo];
  requireFloat32('term 0', first, first.shape.length);
  terms.forEach((term, i) => requireShape(`term ${i}`, term, first.shape));
  return sumOf(terms, backend);
};

/** A clone for each term: where a term is used again, the engine disposes of its gradient when it has added the next. */
export const sumGradientConfig: GradConfig = {
  kernelName: SUM,
  gradFunc: (dy, _saved, attrs) => {
    const { terms } = attrs as { terms: number };
    const gradients = Array.from({ length: terms }, (_, i) => [i, () => (dy as Tensor).clone()] as const);
    return Object.fromEntries(gradients);
  },
};

// TensorFlow.js' own names, for speed: its tape adds up the gradients of a tensor that is used twice by Add.

/** Add of two equal shapes; `stock` does broadcasting and the other types. */
export function add(stock: Kernel<'a' | 'b'>): Kernel<'a' | 'b'> {
  return (args) => {
    const { a, b } = args.inputs;
    return isOurs([a, b]) ? sumOf([a, b], args.backend) : stock(args);
  };
}

/** AddN; `stock` does the other types. */
export function addN(stock: Kernel<string>): Kernel<string> {
  return (args) => {
    const terms = Object.values(args.inputs);
    return isOurs(terms) ? sumOf(terms, args.backend) : stock(args);
  };
}

function isOurs(terms: TensorInfo[]): boolean {
  const [first] = terms;
  return terms.every((t) => t.dtype === 'float32' && sameShape(t.shape, (first as TensorInfo).shape));
}

function sumOf(terms: TensorInfo[], backend: SimdBackend): TensorInfo {
  const [first] = terms as [TensorInfo];
  if (terms.length === 1) return share(first, backend);
  const size = util.sizeFromShape(first.shape);
  const pointers = terms.map((term) => backend.pointer(term));
  const y = backend.output(first.shape);
  let total = pointers[0] as number;
  for (let i = 1; i < pointers.length; i++) {
    backend.kernels.add(total, pointers[i] as number, size, y.offset);
    total = y.offset;
  }
  return y;
}

/** Another tensor with the same values. */
function share({ dataId, shape, dtype }: TensorInfo, backend: SimdBackend): TensorInfo {
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}
