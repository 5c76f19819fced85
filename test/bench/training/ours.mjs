// Networks of Galapagos as the rows of the bench want them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CompiledNetwork, nativeEngine } from '../../../packages/backend-simd/dist/index.js';
import { currentSimdBackend } from '../../../packages/backend-simd/dist/simd-backend.js';
import { chooseBackend } from '../../../packages/trainer/dist/backend.js';
import { graphOf } from '../../../packages/trainer/dist/network-graph.js';
import { TapeNetwork } from '../../../packages/trainer/dist/tape-network.js';
import { builtDirectory } from '../../../packages/trainer/dist/tensorflow.js';
import { BATCH, STEP } from './nets.mjs';

/** Of each row: the back end, and how convolutions are computed; without that each operation is a call of its own. */
const OURS = {
  native: { backend: 'native', method: 'automatic' },
  'native, direct': { backend: 'native', method: 'direct' },
  'native, m=2': { backend: 'native', method: 'winograd2', apart: true },
  'native, tape': { backend: 'native' },
  wasm: { backend: 'wasm', method: 'automatic' },
  'wasm, direct': { backend: 'wasm', method: 'direct', apart: true },
  'wasm, tape': { backend: 'wasm', apart: true },
  'tfjs-node': { backend: 'tfjs-node' },
};

export const OUR_ROWS = Object.entries(OURS).map(([name, { backend, apart = false }]) => ({
  name,
  apart,
  oneThread: backend === 'wasm',
  absent: whyAbsent(backend),
}));

/** @returns Why a back end cannot be used here, if it cannot. */
export function whyAbsent(backend) {
  if (backend === 'native') return nativeEngine().reason;
  const register = join(builtDirectory(process.env), 'register.cjs');
  if (backend !== 'tfjs-node' || existsSync(register)) return undefined;
  return `no ${register}: run \`node scripts/tfjs-node.mjs\`, or set GALAPAGOS_TFJS_NODE to where it is`;
}

/** @returns {Promise<{ version: string, step: () => number }>} `step` trains on the batch and returns its loss. */
export async function openNetwork(row, plan, weights, { images, labels }, threads) {
  const { backend, method } = OURS[row];
  process.env.TF_NUM_INTRAOP_THREADS = threads;
  const { detail, operations } = await chooseBackend(backend);
  if (backend !== 'tfjs-node' && currentSimdBackend().kernels.set_threads(threads) !== threads)
    throw new Error(`not ${threads} threads`);
  const network =
    method === undefined
      ? new TapeNetwork(plan, operations, weights, { training: BATCH })
      : new CompiledNetwork(graphOf(plan), { trainingBatch: BATCH, method, values: weights });
  // The batch is there already, as PyTorch's is.
  network.training.images.set(images);
  network.training.labels.set(labels);
  return { version: detail, step: () => network.step(STEP) };
}
