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
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { avgPoolGrad, resizeBilinearGrad, resizeNearestNeighborGrad } from './corrected-kernels.js';
import { add, addN, sum, sumGradientConfig, SUM } from './kernels/sum.js';
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
import { BACKEND_NAME, SimdBackend } from './simd-backend.js';

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

let isRegistered = false;

/** Registers the `simd` back end with TensorFlow.js (does not select it: call `tf.setBackend('simd')`). Idempotent. */
export function registerSimdBackend(): void {
  if (isRegistered) return;
  isRegistered = true;
  for (const config of getKernelsForBackend('cpu')) registerKernel({ ...config, backendName: BACKEND_NAME });
  wrapStock('Conv2D', conv2D);
  wrapStock('Conv2DBackpropInput', conv2DBackpropInput);
  wrapStock('Conv2DBackpropFilter', conv2DBackpropFilter);
  wrapStock('Add', add);
  wrapStock('AddN', addN);
  for (const [name, kernel] of Object.entries(CORRECTED_KERNELS)) replaceKernel(name, kernel);
  for (const [name, kernel] of Object.entries(OWN_KERNELS)) register(name, kernel);
  for (const gradient of GRADIENTS) registerGradient(gradient);
  // The whole of TensorFlow.js, where it is loaded, has registered its own, which does the same with our kernels.
  if ((getGradient('Conv2D') as unknown) === undefined) registerGradient(conv2DGradientConfig);
  registerBackend(BACKEND_NAME, () => new SimdBackend(), PRIORITY);
}

function register(kernelName: string, kernel: AnyKernel): void {
  registerKernel({ kernelName, backendName: BACKEND_NAME, kernelFunc: kernel as unknown as KernelFunc });
}

function replaceKernel(kernelName: string, kernel: AnyKernel): void {
  unregisterKernel(kernelName, BACKEND_NAME);
  register(kernelName, kernel);
}

/** Replaces a stock kernel by one that falls back to it. */
function wrapStock<K>(kernelName: string, wrap: (stock: K) => K): void {
  const stock = getKernel(kernelName, 'cpu').kernelFunc;
  replaceKernel(kernelName, wrap(stock as unknown as K) as unknown as AnyKernel);
}
