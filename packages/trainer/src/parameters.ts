import { type Random, uniform } from '@galapagos/dna';
import type { Plan } from './plan.js';

/** What a trainable or statistical variable of a network is, and how it begins. */
export interface ParameterSpec {
  /** By the id in the DNA, so that a child finds what it inherits: `edge/<id>/filter`, `vertex/<id>/gamma`, … */
  readonly name: string;
  readonly shape: readonly number[];
  /** Statistics are updated by the forward pass, everything else by its gradient. */
  readonly trainable: boolean;
  /** Filters and the dense kernel; biases and batch normalisation are left alone. */
  readonly decays: boolean;
  readonly initial: { readonly constant: number } | { readonly deviation: number };
}

/**
 * Every variable of a network, in a fixed order.
 *
 * Filters: fan-in variance scaling with factor 2 / (number of in-edges of the vertex), so that a sum of several has
 * the variance of one (supplement S1). Batch normalisation with center and scale. The dense layer: factor 1.
 */
export function parametersOf(plan: Plan): ParameterSpec[] {
  const specs = plan.vertices.flatMap(({ id, edges, shape, batchNormalization }) => [
    ...edges.flatMap(({ id: edge, convolution }) =>
      convolution === undefined ? [] : [filterOf(edge, convolution.filter, edges.length)],
    ),
    ...(batchNormalization === undefined ? [] : normalizationOf(id, shape.channels)),
  ]);
  const { features, classes } = plan;
  return [
    ...specs,
    {
      name: 'dense/kernel',
      shape: [features, classes],
      trainable: true,
      decays: true,
      initial: { deviation: Math.sqrt(1 / features) },
    },
    { name: 'dense/bias', shape: [classes], trainable: true, decays: false, initial: { constant: 0 } },
  ];
}

/** How many trainable numbers there are. */
export function countParameters(specs: readonly ParameterSpec[]): number {
  return specs.filter(({ trainable }) => trainable).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Fresh values: constants, or normal ones cut off at two deviations. */
export function initialValues({ shape, initial }: ParameterSpec, random: Random): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if ('constant' in initial) return values.fill(initial.constant);
  // Cutting off takes variance away; this gives it back.
  const deviation = initial.deviation / 0.87962566103423978;
  return values.map(() => deviation * truncatedNormal(random));
}

function filterOf(
  edge: string,
  shape: readonly [number, number, number, number],
  inEdges: number,
): ParameterSpec {
  const [height, width, channels] = shape;
  const deviation = Math.sqrt(2 / inEdges / (height * width * channels));
  return { name: `edge/${edge}/filter`, shape, trainable: true, decays: true, initial: { deviation } };
}

function normalizationOf(vertex: string, channels: number): ParameterSpec[] {
  const spec = (name: string, constant: number, trainable: boolean): ParameterSpec => ({
    name: `vertex/${vertex}/${name}`,
    shape: [channels],
    trainable,
    decays: false,
    initial: { constant },
  });
  return [spec('gamma', 1, true), spec('beta', 0, true), spec('mean', 0, false), spec('variance', 1, false)];
}

function truncatedNormal(random: Random): number {
  for (;;) {
    // Box and Muller; 1 - u, since u may be 0.
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    const value = radius * Math.cos(uniform(random, 0, 2 * Math.PI));
    if (Math.abs(value) <= 2) return value;
  }
}
