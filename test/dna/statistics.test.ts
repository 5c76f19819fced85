import { SeededRandom } from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import {
  chiSquareP,
  kolmogorovSmirnovP,
  serialCorrelation,
  tally,
  uniformCdf,
} from '../support/statistics.js';

describe('the statistics of these tests', () => {
  // Quantiles from the tables of the chi-square distribution.
  it.each([
    [[55, 45], 0.3173],
    [[60, 40], 0.0455],
    [[10, 20, 30], 0.00674],
    [[25, 25, 25, 25], 1],
  ])('gives %j the chi-square probability %f', (counts, p) => {
    expect(chiSquareP(counts)).toBeCloseTo(p, 4);
  });

  it('weighs the expected counts', () => {
    expect(chiSquareP([30, 10], [3, 1])).toBe(1);
    expect(chiSquareP([20, 20], [3, 1])).toBeCloseTo(0.000261, 6);
  });

  it('knows a uniform sample from a skewed one', () => {
    const random = new SeededRandom('skewed');
    const sample = Array.from({ length: 2000 }, () => random.next());
    expect(kolmogorovSmirnovP(sample, uniformCdf(0, 1))).toBeGreaterThan(0.01);
    expect(kolmogorovSmirnovP(sample, uniformCdf(0, 1.1))).toBeLessThan(1e-6);
    expect(
      kolmogorovSmirnovP(
        sample.map((x) => x ** 1.2),
        uniformCdf(0, 1),
      ),
    ).toBeLessThan(1e-6);
  });

  it('gives the critical distance of Kolmogorov and Smirnov its probability', () => {
    // 100 equidistant numbers, moved so that the largest distance is 0.13403, the table's 5 % point for n = 100.
    const sample = Array.from({ length: 100 }, (_, i) => (i + 1) / 100 - 0.13403);
    expect(kolmogorovSmirnovP(sample, (x) => Math.max(0, x))).toBeCloseTo(0.05, 2);
  });

  it('sees correlation', () => {
    const alternating = Array.from({ length: 1000 }, (_, i) => i % 2);
    expect(serialCorrelation(alternating, 1)).toBeCloseTo(-1, 2);
    expect(serialCorrelation(alternating, 2)).toBeCloseTo(1, 2);
  });

  it('counts what it expects and refuses the rest', () => {
    expect(tally(['a', 'b', 'c'], ['a', 'c', 'a'])).toEqual([2, 0, 1]);
    expect(() => tally(['a'], ['b'])).toThrow('unexpected b, not one of a');
  });
});
