import { backend_util, engine } from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { requireAddressable, requireFloat32, requireShape } from '../checks.js';
import type { Pointer } from '../kernels-module.js';
import type { SimdBackend } from '../simd-backend.js';
import type { Kernel, Shape4D } from './kernel.js';

/** The attributes of TensorFlow.js' Conv2D and of its two gradients. */
interface ConvolutionAttributes {
  strides: [number, number] | number;
  pad: Parameters<typeof backend_util.computeConv2DInfo>[4];
  dilations?: [number, number] | number;
  dataFormat: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}
interface InputGradientAttributes extends ConvolutionAttributes {
  inputShape: Shape4D;
}
interface FilterGradientAttributes extends ConvolutionAttributes {
  filterShape: Shape4D;
}

/** Strides, padding and shapes as computed by TensorFlow.js. */
type Info = ReturnType<typeof backend_util.computeConv2DInfo>;

/** Part of a filter along one axis. */
interface Window {
  first: number;
  length: number;
}

const GEOMETRY_BYTES = 16 * 4;

function convolutionInfo(xShape: number[], filterShape: number[], attrs: ConvolutionAttributes): Info {
  const { strides, pad, dilations = 1, dimRoundingMode } = attrs;
  return backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    'channelsLast',
  );
}

/** Whether our kernels can do it; dilated filters and channels-first images are left to the stock kernels. */
function isSupported({ dataFormat, dilations = 1 }: ConvolutionAttributes): boolean {
  const isDilated = typeof dilations === 'number' ? dilations !== 1 : dilations.some((d) => d !== 1);
  return dataFormat === 'NHWC' && !isDilated;
}

/** The taps that lie on the image for at least one position of the filter: others only ever meet padding. */
function usefulTaps(filter: number, size: number, out: number, stride: number, pad: number): Window {
  const first = Math.max(0, pad - (out - 1) * stride);
  return { first, length: Math.min(filter, size + pad) - first };
}

/** With a single position the stride does not matter, and the kernels walk through one phase for each unit of it. */
function usefulStride(stride: number, size: number, out: number): number {
  return out === 1 ? Math.min(stride, Math.max(size, 1)) : stride;
}

/**
 * Writes the structure `Convolution` of convolution.h. Returns `undefined` when no tap ever touches the image (explicit
 * padding can do that): all results are zero then.
 */
function writeGeometry(backend: SimdBackend, info: Info): Pointer | undefined {
  const { inHeight, inWidth, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth } =
    info;
  const { top, left } = info.padInfo;
  const rows = usefulTaps(filterHeight, inHeight, outHeight, strideHeight, top);
  const columns = usefulTaps(filterWidth, inWidth, outWidth, strideWidth, left);
  if (rows.length < 1 || columns.length < 1 || info.batchSize * outHeight * outWidth < 1) return undefined;
  requireScratch(info, rows.length, columns.length);
  const pointer = geometryPointer(backend);
  new Int32Array(backend.heap.buffer, pointer, GEOMETRY_BYTES / 4).set([
    ...[info.batchSize, inHeight, inWidth, info.inChannels, filterWidth],
    ...[rows.first, columns.first, rows.length, columns.length],
    ...[outHeight, outWidth, info.outChannels],
    ...[usefulStride(strideHeight, inHeight, outHeight), usefulStride(strideWidth, inWidth, outWidth)],
    ...[top - rows.first, left - columns.first],
  ]);
  return pointer;
}

/** What C lays out of x and y, and packed weights, must not wrap around its 32-bit sizes. */
function requireScratch(info: Info, filterHeight: number, filterWidth: number): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels, outChannels } = info;
  // Rows with zeros on either side, a cache line or two more each.
  const floats = (height: number, width: number, channels: number) =>
    height * channels * (batchSize * (width + 2 * filterWidth) + 64);
  const planes = floats(inHeight, inWidth, inChannels) + floats(outHeight, outWidth, outChannels);
  // Twice, so that half of what can be addressed is left for all else.
  requireAddressable('what a convolution works with', 2, planes);
  requireAddressable('the filter', filterHeight, filterWidth, inChannels + 8, outChannels + 8);
}

const geometries = new WeakMap<SimdBackend, Pointer>();

function geometryPointer(backend: SimdBackend): Pointer {
  let pointer = geometries.get(backend);
  if (pointer === undefined) geometries.set(backend, (pointer = backend.heap.allocate(GEOMETRY_BYTES)));
  return pointer;
}

function zeros(backend: SimdBackend, shape: number[]): TensorInfo {
  const output = backend.output(shape);
  backend.kernels.zero(output.offset, elements(shape));
  return output;
}

function elements(shape: number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** TensorFlow.js' Conv2D; `stock` does what ours cannot. */
export function conv2D(
  stock: Kernel<'x' | 'filter', ConvolutionAttributes>,
): Kernel<'x' | 'filter', ConvolutionAttributes> {
  return (args) => {
    const { inputs, attrs, backend } = args;
    if (!isSupported(attrs)) return stock(args);
    const { x, filter } = inputs;
    requireFloat32('x', x, 4);
    requireShape('filter', filter, [
      ...filter.shape.slice(0, 2),
      x.shape[3] as number,
      filter.shape[3] as number,
    ]);
    const info = convolutionInfo(x.shape, filter.shape, attrs);
    const from = backend.pointer(x);
    const weights = backend.pointer(filter);
    const geometry = writeGeometry(backend, info);
    if (geometry === undefined) return zeros(backend, info.outShape);
    const { kernels } = backend;
    const room = backend.scratch(kernels.convolution_scratch(geometry));
    const y = backend.output(info.outShape);
    kernels.convolution(geometry, from, weights, y.offset, room);
    return y;
  };
}

/** TensorFlow.js' Conv2DBackpropInput; `stock` does what ours cannot. */
export function conv2DBackpropInput(
  stock: Kernel<'dy' | 'filter', InputGradientAttributes>,
): Kernel<'dy' | 'filter', InputGradientAttributes> {
  return (args) => {
    const { inputs, attrs, backend } = args;
    if (!isSupported(attrs)) return stock(args);
    const { dy, filter } = inputs;
    requireFloat32('filter', filter, 4);
    const info = convolutionInfo(attrs.inputShape, filter.shape, attrs);
    requireShape('dy', dy, info.outShape);
    const from = backend.pointer(dy);
    const weights = backend.pointer(filter);
    const geometry = writeGeometry(backend, info);
    if (geometry === undefined) return zeros(backend, attrs.inputShape);
    const { kernels } = backend;
    const room = backend.scratch(kernels.convolution_input_gradient_scratch(geometry));
    const dx = backend.output(attrs.inputShape);
    kernels.convolution_input_gradient(geometry, from, weights, dx.offset, room);
    return dx;
  };
}

/** TensorFlow.js' Conv2DBackpropFilter; `stock` does what ours cannot. */
export function conv2DBackpropFilter(
  stock: Kernel<'x' | 'dy', FilterGradientAttributes>,
): Kernel<'x' | 'dy', FilterGradientAttributes> {
  return (args) => {
    const { inputs, attrs, backend } = args;
    if (!isSupported(attrs)) return stock(args);
    const { x, dy } = inputs;
    requireFloat32('x', x, 4);
    const info = convolutionInfo(x.shape, attrs.filterShape, attrs);
    requireShape('dy', dy, info.outShape);
    const from = backend.pointer(x);
    const gradient = backend.pointer(dy);
    const geometry = writeGeometry(backend, info);
    if (geometry === undefined) return zeros(backend, attrs.filterShape);
    const { kernels } = backend;
    const room = backend.scratch(kernels.convolution_filter_gradient_scratch(geometry));
    const dw = backend.output(attrs.filterShape);
    kernels.zero(dw.offset, elements(attrs.filterShape));
    kernels.convolution_filter_gradient(geometry, from, gradient, dw.offset, room);
    return dw;
  };
}

/** What TensorFlow.js' own gradient of Conv2D does, which tfjs-core does not register by itself in Node. */
export const conv2DGradientConfig: GradConfig = {
  kernelName: 'Conv2D',
  inputsToSave: ['x', 'filter'],
  gradFunc: (grad, saved, attrs) => {
    const [x, filter] = saved as [Tensor, Tensor];
    const dy = grad as Tensor;
    const forInput = { ...attrs, inputShape: x.shape } as unknown as NamedAttrMap;
    const forFilter = { ...attrs, filterShape: filter.shape } as unknown as NamedAttrMap;
    return {
      x: () => engine().runKernel<Tensor>('Conv2DBackpropInput', { dy, filter }, forInput),
      filter: () => engine().runKernel<Tensor>('Conv2DBackpropFilter', { x, dy }, forFilter),
    };
  },
};
