import { type RandomState, SeededRandom, coin, integer, pick, seedOf, uniform } from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import {
  chiSquareP,
  kolmogorovSmirnovP,
  serialCorrelation,
  tally,
  uniformCdf,
} from '../support/statistics.js';

function draws(seed: string | RandomState, count: number): number[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
}

describe('SeededRandom', () => {
  it('is xoshiro128** 1.1: the first words of its reference from the state 1, 2, 3, 4', () => {
    const words = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849];
    const expected = [0, 2, 4, 6].map((i) => {
      const [high = 0, low = 0] = words.slice(i);
      return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
    });
    expect(draws([1, 2, 3, 4], 4)).toEqual(expected);
  });

  it('repeats a search between versions: what a seed has always given', () => {
    expect(new SeededRandom('galapagos').state).toEqual([3102048107, 916261739, 2350119672, 2527409796]);
    expect(draws('galapagos', 3)).toEqual([0.8027481917543806, 0.6135026976623059, 0.440170837860583]);
    expect(new SeededRandom('').state).toEqual([3900923005, 4161676754, 671847664, 263860013]);
  });

  it('is uniform, in its upper and in its lower bits', () => {
    const numbers = draws('uniform', 50_000);
    expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(kolmogorovSmirnovP(numbers, uniformCdf(0, 1))).toBeGreaterThan(0.001);
    const bins = (of: (x: number) => number): number[] => {
      const counts = new Array<number>(256).fill(0);
      for (const x of numbers) counts[of(x)] = (counts[of(x)] ?? 0) + 1;
      return counts;
    };
    expect(chiSquareP(bins((x) => Math.floor(x * 256)))).toBeGreaterThan(0.001);
    expect(chiSquareP(bins((x) => ((x * 2 ** 45) % 1) * 256))).toBeGreaterThan(0.001);
  });

  it.each([1, 2, 3, 4, 5, 10])('does not correlate with itself %i draws later', (lag) => {
    const numbers = draws('serial', 50_000);
    // Four standard deviations of the correlation of independent numbers.
    expect(Math.abs(serialCorrelation(numbers, lag))).toBeLessThan(4 / Math.sqrt(numbers.length));
  });

  it('gives unrelated numbers to seeds that differ by one: the attempts and individuals of a run', () => {
    for (const draw of [0, 1, 4]) {
      const first = Array.from({ length: 5000 }, (_, i) => draws(seedOf('run', i, 1), draw + 1)[draw] ?? NaN);
      expect(kolmogorovSmirnovP(first, uniformCdf(0, 1))).toBeGreaterThan(0.001);
      expect(Math.abs(serialCorrelation(first, 1))).toBeLessThan(4 / Math.sqrt(first.length));
    }
  });

  it('gives 100,000 seeds as many states', () => {
    const states = new Set<string>();
    for (let i = 0; i < 50_000; i++) {
      states.add(new SeededRandom(seedOf('run', i)).state.join());
      states.add(new SeededRandom(seedOf(i, 'run')).state.join());
    }
    expect(states.size).toBe(100_000);
  });

  it('goes on from its state, also through JSON', () => {
    const random = new SeededRandom('checkpoint');
    for (let i = 0; i < 17; i++) random.next();
    const state = JSON.parse(JSON.stringify(random.state)) as RandomState;
    const resumed = new SeededRandom(state);
    expect(resumed.state).toEqual(random.state);
    const rest = Array.from({ length: 100 }, () => random.next());
    expect(Array.from({ length: 100 }, () => resumed.next())).toEqual(rest);
  });

  it('refuses the state from which it would never move', () => {
    expect(() => new SeededRandom([0, 0, 0, 0])).toThrow('the state of a generator is all zeros');
  });
});

describe('seedOf', () => {
  it('keeps apart what concatenation would not', () => {
    const seeds = [seedOf('a', 'b'), seedOf('ab'), seedOf('', 'ab'), seedOf('a|1:b'), seedOf('b', 'a')];
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seedOf('run', 1)).toBe('3:run|1:1');
  });
});

describe('draws', () => {
  const random = new SeededRandom('draws');
  const times = <T>(draw: () => T): T[] => Array.from({ length: 20_000 }, draw);

  it('uniform lies in its interval', () => {
    expect(
      kolmogorovSmirnovP(
        times(() => uniform(random, -2, 5)),
        uniformCdf(-2, 5),
      ),
    ).toBeGreaterThan(0.001);
  });

  it('integer and pick give each value its share', () => {
    const integers = times(() => String(integer(random, 7)));
    expect(chiSquareP(tally(['0', '1', '2', '3', '4', '5', '6'], integers))).toBeGreaterThan(0.001);
    const picks = times(() => pick(random, ['x', 'y', 'z']) ?? 'nothing');
    expect(chiSquareP(tally(['x', 'y', 'z'], picks))).toBeGreaterThan(0.001);
    expect(pick(random, [])).toBeUndefined();
  });

  it('coin is fair', () => {
    const heads = times(() => String(coin(random)));
    expect(chiSquareP(tally(['true', 'false'], heads))).toBeGreaterThan(0.001);
  });
});
