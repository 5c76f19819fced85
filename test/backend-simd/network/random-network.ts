import type { NetworkGraph } from '@galapagos/backend-simd';
import { type RandomBatch, statisticsOf } from './tape.js';

export type Arrays = Map<string, { shape: readonly number[]; values: Float32Array }>;

/** Values of all parameters; `random` gives numbers from -1 to 1. */
export function randomArrays(graph: NetworkGraph, random: () => number): Arrays {
  const statistics = statisticsOf(graph);
  const arrays: Arrays = new Map();
  for (const { name, shape } of graph.parameters) {
    const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
    // Variances have to be above 0; filters as large as sums of them stay about 1.
    const scale = shape.length === 4 ? 1.5 / Math.sqrt(values.length / (shape[3] ?? 1)) : 1;
    const isVariance = statistics.has(name) && name.endsWith('variance');
    for (let i = 0; i < values.length; i++) values[i] = isVariance ? 1 + 0.5 * random() : scale * random();
    arrays.set(name, { shape, values });
  }
  return arrays;
}

export function randomBatch(
  { image, classes }: NetworkGraph,
  size: number,
  random: () => number,
): RandomBatch {
  const pixels = size * image.height * image.width * image.channels;
  return {
    images: Float32Array.from({ length: pixels }, random),
    labels: Int32Array.from({ length: size }, () => Math.floor(((random() + 1) / 2) * classes)),
  };
}
