'use strict';
// Registers the back end `tensorflow` with the TensorFlow.js of the caller: require('…/register.cjs')(tf), where `tf` is
// @tensorflow/tfjs-core or more. What the package's own entry does besides (files, layers, TensorBoard) is left out.

// Node 23 and newer lack what tfjs-node still calls.
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

module.exports = (tf) => {
  // Their copies of TensorFlow.js are empty until now.
  Object.defineProperties(require('@tensorflow/tfjs'), Object.getOwnPropertyDescriptors(tf));
  const binding = require('./tfjs_binding.node');
  if (tf.findBackendFactory('tensorflow') == null) {
    require('./dist/register_all_kernels');
    const { NodeJSKernelBackend } = require('./dist/nodejs_kernel_backend');
    tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'), 3);
  }
  return { version: binding.TF_Version, isGpu: binding.isUsingGpuDevice() };
};
