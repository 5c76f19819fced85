// What is trained: five nets of fixed shape, and ten that evolution made.
import { SeededRandom, firstDna, mutate } from '../../../packages/dna/dist/index.js';
import { startingWeights } from '../../../packages/trainer/dist/inherit-weights.js';
import { parametersOf } from '../../../packages/trainer/dist/parameters.js';
import { planNetwork } from '../../../packages/trainer/dist/plan.js';
import { chain } from './chain.mjs';

export const BATCH = 50;
export const CLASSES = 10;
export const STEP = { learningRate: 0.05, weightDecay: 5e-4, momentum: 0.9 };
/** Steps whose losses all rows must agree on. */
export const COMPARED = 3;

const RANDOM_DNAS = 10;
const MUTATIONS = 30;

const small = { height: 28, width: 28, channels: 1 };
const large = { height: 32, width: 32, channels: 3 };
const repeat = (count, layer) => Array(count).fill(layer);

// 3x3 convolutions [channels out, stride], each with batch normalisation and ReLU.
const reference = [
  [32, 1],
  [64, 2],
  [64, 2],
];
const CHAINS = {
  ref28: [small, reference],
  ref32: [large, reference],
  linear32: [large, []],
  narrow32: [large, [...repeat(2, [16, 1]), ...repeat(3, [32, 1])]],
  deep32: [
    large,
    [...repeat(4, [64, 1]), [128, 2], ...repeat(3, [128, 1]), [128, 2], ...repeat(3, [128, 1])],
  ],
};

/** Those that no chance has made. */
export const FIXED_NETS = Object.keys(CHAINS);
export const NETS = [...FIXED_NETS, ...Array.from({ length: RANDOM_DNAS }, (_, i) => `dna${i}`)];

/** @returns {{ name: string, plan: import('../../../packages/trainer/dist/plan.js').Plan }} */
export function netOf(name) {
  if (name in CHAINS) {
    const [image, layers] = CHAINS[name];
    return { name, plan: planNetwork(chain(image, layers), image, CLASSES) };
  }
  const number = /^dna(\d+)$/.exec(name)?.[1];
  if (number === undefined) throw new Error(`no net ${name}: there are ${NETS.join(', ')}`);
  const random = new SeededRandom(`training bench ${number}`);
  const { dna } = mutate(firstDna(), random, { count: MUTATIONS, image: large });
  return { name, plan: planNetwork(dna, large, CLASSES) };
}

/** The weights that every back end begins with. */
export function weightsOf({ name, plan }) {
  return startingWeights(parametersOf(plan), undefined, name);
}

/** One batch of noise: { images: Float32Array, NHWC, labels: Int32Array }. */
export function batchOf({ plan: { image } }) {
  const random = new SeededRandom('batch');
  const images = new Float32Array(BATCH * image.height * image.width * image.channels);
  return {
    images: images.map(() => Math.sqrt(12) * (random.next() - 0.5)),
    labels: Int32Array.from({ length: BATCH }, () => Math.floor(CLASSES * random.next())),
  };
}
