// Networks of Galapagos as the rows of the bench want them.
import { chooseBackend } from '../../../packages/trainer/dist/backend.js';
import { createNetwork } from '../../../packages/trainer/dist/network.js';
import { TapeNetwork } from '../../../packages/trainer/dist/tape-network.js';
import { BATCH, STEP } from './nets.mjs';

/** Of each row: the back end that is asked for, and whether it knows threads. */
export const OURS = {
  'wasm, tape': { backend: 'wasm', oneThread: true },
  wasm: { backend: 'wasm', oneThread: true },
};

/** @returns {Promise<{ version: string, step: () => number }>} `step` trains on the batch and returns its loss. */
export async function openNetwork(row, plan, weights, { images, labels }) {
  const { backend } = OURS[row];
  const { name, operations } = await chooseBackend(backend);
  const sizes = { training: BATCH };
  const network = row.endsWith('tape')
    ? new TapeNetwork(plan, operations, weights, sizes)
    : createNetwork(plan, operations, weights, sizes);
  const step = () => {
    // As in a training, where each batch is another one.
    network.training.images.set(images);
    network.training.labels.set(labels);
    return network.step(STEP);
  };
  return { version: name, step };
}
