import '@tensorflow/tfjs-backend-cpu';
import {
  getGradient,
  getKernel,
  getKernelsForBackend,
  registerBackend,
  registerGradient,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { GradConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { avgPoolGrad, resizeBilinearGrad, resizeNearestNeighborGrad } from './corrected-kernels.js';
import { add, addN, sum, sumGradientConfig, SUM } from './kernels/sum.js';
import { backendName, type Engine } from './engine.js';
import { KernelError } from './errors.js';
import { nativeEngine } from './native-engine.js';
import * as normalization from './kernels/batch-normalization.js';
import {
  conv2D,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  conv2DGradientConfig,
} from './kernels/convolution.js';
import * as dense from './kernels/dense.js';
import * as pool from './kernels/global-average-pool.js';
import * as channels from './kernels/match-channels.js';
import * as resize from './kernels/resize-nearest.js';
import * as loss from './kernels/softmax-cross-entropy.js';
import { SimdBackend } from './simd-backend.js';

/** Any kernel: each knows its own inputs and attributes, TensorFlow.js only their common form. */
type AnyKernel = (args: never) => TensorInfo | TensorInfo[];

/** Below the stock back ends, so that it is used only where it was asked for. */
const PRIORITY = 0;

const OWN_KERNELS: Record<string, AnyKernel> = {
  [normalization.BATCH_NORMALIZATION]: normalization.batchNormalization,
  [normalization.BATCH_NORMALIZATION_GRADIENT]: normalization.batchNormalizationGradient,
  [normalization.BATCH_NORMALIZATION_INFERENCE]: normalization.batchNormalizationInference,
  [resize.RESIZE_NEAREST]: resize.resizeNearest,
  [resize.RESIZE_NEAREST_GRADIENT]: resize.resizeNearestGradient,
  [channels.MATCH_CHANNELS]: channels.matchChannels,
  [SUM]: sum,
  [pool.GLOBAL_AVERAGE_POOL]: pool.globalAveragePool,
  [pool.GLOBAL_AVERAGE_POOL_GRADIENT]: pool.globalAveragePoolGradient,
  [dense.DENSE]: dense.dense,
  [dense.DENSE_GRADIENT]: dense.denseGradient,
  [loss.SOFTMAX_CROSS_ENTROPY]: loss.softmaxCrossEntropy,
  [loss.SOFTMAX_CROSS_ENTROPY_GRADIENT]: loss.softmaxCrossEntropyGradient,
};

const CORRECTED_KERNELS: Record<string, AnyKernel> = {
  ResizeNearestNeighborGrad: resizeNearestNeighborGrad,
  ResizeBilinearGrad: resizeBilinearGrad,
  AvgPoolGrad: avgPoolGrad,
};

const GRADIENTS = [
  normalization.batchNormalizationGradientConfig,
  resize.resizeNearestGradientConfig,
  channels.matchChannelsGradientConfig,
  sumGradientConfig,
  pool.globalAveragePoolGradientConfig,
  dense.denseGradientConfig,
  loss.softmaxCrossEntropyGradientConfig,
];

const registered = new Set<Engine>();

/**
 * Registers the back end of an engine with TensorFlow.js, without selecting it. Idempotent.
 *
 * @returns its name: `await tf.setBackend(registerSimdBackend('wasm'))`
 * @throws KernelError `BACKEND` when the native engine is not there, `VALUE` when it is no engine; the message says why
 */
export function registerSimdBackend(engine: Engine): string {
  const backend = backendName(engine);
  if (registered.has(engine)) return backend;
  if (engine === 'native') requireNative();
  registered.add(engine);
  registerKernels(backend);
  registerGradients();
  registerBackend(backend, () => new SimdBackend(engine), PRIORITY);
  return backend;
}

function requireNative(): void {
  const found = nativeEngine();
  if (!found.available)
    throw new KernelError('BACKEND', `the native kernels cannot be used: ${found.reason}`);
}

function registerKernels(backend: string): void {
  for (const config of getKernelsForBackend('cpu')) registerKernel({ ...config, backendName: backend });
  wrapStock(backend, 'Conv2D', conv2D);
  wrapStock(backend, 'Conv2DBackpropInput', conv2DBackpropInput);
  wrapStock(backend, 'Conv2DBackpropFilter', conv2DBackpropFilter);
  wrapStock(backend, 'Add', add);
  wrapStock(backend, 'AddN', addN);
  for (const [name, kernel] of Object.entries(CORRECTED_KERNELS)) replaceKernel(backend, name, kernel);
  for (const [name, kernel] of Object.entries(OWN_KERNELS)) register(backend, name, kernel);
}

/** Gradients belong to all back ends together. */
function registerGradients(): void {
  for (const gradient of GRADIENTS) registerGradientOnce(gradient);
  // The whole of TensorFlow.js, where it is loaded, has registered its own, which does the same with our kernels.
  registerGradientOnce(conv2DGradientConfig);
}

function registerGradientOnce(gradient: GradConfig): void {
  if ((getGradient(gradient.kernelName) as unknown) === undefined) registerGradient(gradient);
}

function register(backend: string, kernelName: string, kernel: AnyKernel): void {
  const kernelFunc: KernelFunc = (args) =>
    (args.backend as SimdBackend).runKernel(() => kernel(args as never));
  registerKernel({ kernelName, backendName: backend, kernelFunc });
}

function replaceKernel(backend: string, kernelName: string, kernel: AnyKernel): void {
  unregisterKernel(kernelName, backend);
  register(backend, kernelName, kernel);
}

/** Replaces a stock kernel by one that falls back to it. */
function wrapStock<K>(backend: string, kernelName: string, wrap: (stock: K) => K): void {
  const stock = getKernel(kernelName, 'cpu').kernelFunc;
  replaceKernel(backend, kernelName, wrap(stock as unknown as K) as unknown as AnyKernel);
}
