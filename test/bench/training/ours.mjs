// Networks of Galapagos as the rows of the bench want them.
import { tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import { chooseBackend } from '../../../packages/trainer/dist/backend.js';
import { Network } from '../../../packages/trainer/dist/network.js';
import { BATCH, STEP } from './nets.mjs';

/** Of each row: the back end that is asked for, and whether it knows threads. */
export const OURS = {
  'wasm, tape': { backend: 'simd', oneThread: true },
};

/** @returns {Promise<{ version: string, step: () => number }>} `step` trains on the batch and returns its loss. */
export async function openNetwork(row, plan, weights, { images, labels }) {
  const { backend } = OURS[row];
  const { name, operations } = await chooseBackend(backend);
  const network = new Network(plan, operations, weights);
  const { height, width, channels } = plan.image;
  const step = () => {
    // As in a training, where each batch is another one.
    const x = tensor4d(images, [BATCH, height, width, channels]);
    const y = tensor1d(labels, 'int32');
    const loss = network.step(x, y, STEP);
    x.dispose();
    y.dispose();
    return loss;
  };
  return { version: name, step };
}
