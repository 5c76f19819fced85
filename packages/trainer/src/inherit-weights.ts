import { type Random, SeededRandom, seedOf } from '@galapagos/dna';
import type { Arrays } from './arrays.js';
import { type ParameterSpec, initialValues } from './parameters.js';

/**
 * The weights that an individual begins with: every variable, and the moving statistics, whose inherited name (so
 * its id) *and shape* match; the rest is initialised afresh. Momentum is not inherited (section 3.4).
 *
 * Each variable draws from a stream of its own, so that what is inherited does not change what is drawn.
 */
export function startingWeights(
  specs: readonly ParameterSpec[],
  inherited: Arrays | undefined,
  seed: string,
): Arrays {
  return new Map(
    specs.map((spec) => {
      const kept = inherited?.get(spec.name);
      const fits = kept !== undefined && sameShape(kept.shape, spec.shape);
      const random: Random = new SeededRandom(seedOf(seed, 'weights', spec.name));
      return [spec.name, { shape: spec.shape, values: fits ? kept.values : initialValues(spec, random) }];
    }),
  );
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, index) => side === b[index]);
}
