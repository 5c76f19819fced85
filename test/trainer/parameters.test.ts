import { SeededRandom, parseDna } from '@galapagos/dna';
import { describe, expect, test } from 'vitest';
import {
  type ParameterSpec,
  countParameters,
  initialValues,
  parametersOf,
} from '../../packages/trainer/src/parameters.js';
import { planNetwork } from '../../packages/trainer/src/plan.js';
import { addEdge, chain } from './support.js';

const image = { height: 6, width: 6, channels: 2 };

describe('parametersOf', () => {
  test('a filter, a normalisation and the dense layer, by the ids of the DNA', () => {
    const specs = parametersOf(planNetwork(chain([{ conv: { factor: 4 }, bn: true }]), image, 3));
    expect(specs.map(({ name, shape, trainable, decays }) => [name, shape, trainable, decays])).toEqual([
      ['edge/e1/filter', [3, 3, 2, 8], true, true],
      ['vertex/v1/gamma', [8], true, false],
      ['vertex/v1/beta', [8], true, false],
      ['vertex/v1/mean', [8], false, false],
      ['vertex/v1/variance', [8], false, false],
      ['dense/kernel', [8, 3], true, true],
      ['dense/bias', [3], true, false],
    ]);
    expect(countParameters(specs)).toBe(3 * 3 * 2 * 8 + 8 + 8 + 8 * 3 + 3);
  });

  test('filters have the variance 2 / fan-in, shared by the in-edges of their vertex', () => {
    const dna = chain([{ conv: { halfWidth: 2 } }, { conv: {} }]);
    addEdge(dna, 'second', 'v0', 'v2', { halfHeight: 0, halfWidth: 0 });
    const specs = parametersOf(planNetwork(parseDna(dna), image, 3));
    expect(deviationsOf(specs)).toEqual({
      'edge/e1/filter': Math.sqrt(2 / (3 * 5 * 2)),
      'edge/e2/filter': Math.sqrt(2 / 2 / (3 * 3 * 2)),
      'edge/second/filter': Math.sqrt(2 / 2 / 2),
      'dense/kernel': Math.sqrt(1 / 2),
    });
  });
});

describe('initialValues', () => {
  const spec: ParameterSpec = {
    name: 'filter',
    shape: [10, 10, 10, 20],
    trainable: true,
    decays: true,
    initial: { deviation: 0.5 },
  };

  test('are normal, cut off at two deviations, with the deviation that was asked for', () => {
    const values = initialValues(spec, new SeededRandom('values'));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    // Five standard errors of 20,000 draws: 0.5 / sqrt(n), and 0.5 sqrt((kurtosis 2.37 - 1) / n) / 2.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.5) / Math.sqrt(values.length));
    expect(Math.abs(Math.sqrt(variance) - 0.5)).toBeLessThan((5 * 0.5 * 1.17) / 2 / Math.sqrt(values.length));
    const bound = (2 * 0.5) / 0.8796;
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(bound * 1.0001);
    // Drawn again beyond the bound, not clipped to it.
    expect(values.filter((value) => Math.abs(value) > 0.999 * bound).length).toBeLessThan(30);
  });

  test('constants', () => {
    const ones = initialValues({ ...spec, shape: [3], initial: { constant: 1 } }, new SeededRandom('x'));
    expect([...ones]).toEqual([1, 1, 1]);
  });
});

function deviationsOf(specs: readonly ParameterSpec[]): Record<string, number> {
  const random = specs.flatMap(({ name, initial }) =>
    'deviation' in initial ? [[name, initial.deviation] as const] : [],
  );
  return Object.fromEntries(random);
}
