import { type Dna, SeededRandom, firstDna, mutate } from '@galapagos/dna';
import { parametersOf } from '../../packages/trainer/src/parameters.js';
import { type Plan, planNetwork } from '../../packages/trainer/src/plan.js';
import { type Values, zeros } from '../support/reference-operations.js';
import type { Batch } from './network.js';

type Weights = Map<string, { shape: readonly number[]; values: Float32Array }>;

export interface RandomNetwork {
  readonly name: string;
  readonly plan: Plan;
  readonly weights: Weights;
  readonly batch: Batch;
}

/** Sizes that are no multiple of anything, and so small that float64 loops need no patience. */
const IMAGE = { height: 7, width: 6, channels: 3 };
const CLASSES = 4;

/**
 * Networks of random DNAs of 30 mutations, those with convolutions, with weights of which no two are alike: with
 * beta 0, say, a channel of zeros would lie on the kink of the ReLU, where float32 may choose the other side.
 */
export function randomNetworks(count: number, batchSize: number, mutations = 30): RandomNetwork[] {
  const found: RandomNetwork[] = [];
  for (let i = 0; found.length < count; i++) {
    const random = new SeededRandom(`referee ${i}`);
    const { dna } = mutate(firstDna(), random, { count: mutations, image: IMAGE });
    if (!convolutional(dna)) continue;
    // No mutation makes one, but a DNA may have it.
    for (const vertex of Object.values(dna.vertices))
      if (vertex.type === 'BN_RELU' && random.next() < 0.5) vertex.leakiness = 0.2;
    const plan = planNetwork(dna, IMAGE, CLASSES);
    if (plan.vertices.some(({ shape }) => shape.channels > 40)) continue;
    found.push({
      name: `random ${i}`,
      plan,
      weights: weightsOf(plan, random),
      batch: batchOf(plan, batchSize, random),
    });
  }
  return found;
}

function convolutional(dna: Dna): boolean {
  return Object.values(dna.edges).some(({ type }) => type === 'CONV');
}

function weightsOf(plan: Plan, random: SeededRandom): Weights {
  const normal = () => Math.sqrt(12) * (random.next() - 0.5);
  return new Map(
    parametersOf(plan).map(({ name, shape, initial }) => {
      const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
      const one = (): number => {
        if ('deviation' in initial) return initial.deviation * normal();
        return name.endsWith('variance') ? 0.5 + random.next() : initial.constant + 0.3 * normal();
      };
      return [name, { shape, values: values.map(one) }];
    }),
  );
}

function batchOf({ image, classes }: Plan, size: number, random: SeededRandom): Batch {
  const images: Values = zeros([size, image.height, image.width, image.channels]);
  images.data.forEach((_, i) => (images.data[i] = Math.fround(2 * random.next() - 1)));
  return { images, labels: Array.from({ length: size }, () => Math.floor(classes * random.next())) };
}
