import {
  type Dna,
  MUTATION_NAMES,
  type MutationName,
  SeededRandom,
  ShapeError,
  firstDna,
  formatDna,
  graphProblems,
  inferShapes,
  inheritsWeights,
  mutate,
  tryMutation,
} from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import { deepFreeze, grownDna, ladder, sketch, wiring } from './samples.js';

const image = { height: 32, width: 32, channels: 3 };

function attempt(name: MutationName, dna: Dna, shape = image) {
  return tryMutation(name, deepFreeze(dna), new SeededRandom('attempt'), shape);
}

describe('the first individual', () => {
  it('has sites for five of the eleven', () => {
    const outcomes = MUTATION_NAMES.map((name) => attempt(name, firstDna()).draw.outcome);
    const sites = MUTATION_NAMES.filter((_, i) => outcomes[i] === 'applied');
    expect(sites).toEqual([
      'ALTER-LEARNING-RATE',
      'IDENTITY',
      'RESET-WEIGHTS',
      'INSERT-CONVOLUTION',
      'INSERT-ONE-TO-ONE',
    ]);
    expect(outcomes).not.toContain('refused');
  });

  it('takes the settings that it is given', () => {
    expect(firstDna()).toMatchObject({ learningRate: 0.1, weightDecayRate: 0.0001 });
    expect(firstDna({ learningRate: 0.3, weightDecayRate: 0 })).toMatchObject({
      learningRate: 0.3,
      weightDecayRate: 0,
    });
  });
});

describe('what is refused', () => {
  it('is a convolution without channels', () => {
    const dna = sketch({
      a: { from: 'input', to: 'v1', conv: { depthFactor: 0.5 } },
      b: { from: 'v1', to: 'v2', conv: {} },
      e0: { from: 'v2', to: 'output' },
    });
    const random = new SeededRandom('refused');
    const draws = Array.from(
      { length: 50 },
      () => tryMutation('ALTER-NUMBER-OF-CHANNELS', dna, random, { ...image, channels: 1 }).draw,
    );
    const refused = draws.filter(({ outcome }) => outcome === 'refused');
    expect(refused[0]?.detail).toBe('edges.a.depthFactor: 1 channels become 0');
    expect(draws.some(({ outcome }) => outcome === 'applied')).toBe(true);
  });

  it('is a number that is none any more', () => {
    const details = (name: MutationName, dna: Dna) => {
      const random = new SeededRandom('too far');
      return Array.from({ length: 60 }, () => tryMutation(name, dna, random, image).draw)
        .filter(({ outcome }) => outcome === 'refused')
        .map(({ detail }) => detail);
    };
    const smallest = { ...firstDna(), learningRate: Number.MIN_VALUE };
    const halved = tryMutation('ALTER-LEARNING-RATE', smallest, { next: () => 0 }, image).draw;
    expect(halved).toMatchObject({ outcome: 'refused', detail: 'learning rate 0' });
    expect(details('ALTER-LEARNING-RATE', { ...firstDna(), learningRate: 1.7e308 })).toContain(
      'learning rate Infinity',
    );
    const wide = sketch({
      a: { from: 'input', to: 'v1', conv: { height: 8e307, width: 8e307 } },
      e0: { from: 'v1', to: 'output' },
    });
    expect(details('FILTER-SIZE', wide)).toContain('a number of edge a is no longer finite');
    const ranked = ladder();
    Object.assign(ranked.edges['e0'] ?? {}, { depthPrecedence: 1 - 2 ** 53 });
    Object.assign(ranked.edges['s3'] ?? {}, { depthPrecedence: 2 ** 53 - 1 });
    expect(details('ADD-SKIP', ranked).join()).toMatch(/a precedence of edge e\w+ is too large to count/);
  });

  it('is, as a whole, a parent that is no network for such an image: no draw could ever be applied', () => {
    const dna = sketch({
      a: { from: 'input', to: 'v1', conv: { depthFactor: 0.2 } },
      e0: { from: 'v1', to: 'output' },
    });
    expect(mutate(dna, new SeededRandom('wide'), { image }).drawn).not.toEqual([]);
    const grey = { ...image, channels: 1 };
    expect(() => mutate(dna, new SeededRandom('grey'), { image: grey })).toThrow(ShapeError);
    expect(() => mutate(dna, new SeededRandom('grey'), { image: grey })).toThrow(
      'edges.a.depthFactor: 1 channels become 0',
    );
  });
});

describe('mutate', () => {
  it('applies one mutation unless told otherwise', () => {
    const { drawn } = mutate(firstDna(), new SeededRandom('one'), { image });
    expect(drawn.filter(({ outcome }) => outcome === 'applied')).toHaveLength(1);
  });

  it('repeats itself from the same seed, and not from another', () => {
    expect(formatDna(grownDna('same', 40))).toBe(formatDna(grownDna('same', 40)));
    expect(formatDna(grownDna('same', 40))).not.toBe(formatDna(grownDna('other', 40)));
  });

  it('repeats a search between versions: what a seed has always given', () => {
    const { dna, drawn } = mutate(ladder(), new SeededRandom('golden'), { count: 8, image });
    expect(drawn.map(({ mutation, outcome, detail }) => `${mutation} ${outcome}: ${detail}`))
      .toMatchInlineSnapshot(`
      [
        "FILTER-SIZE applied: a filter 3x3 to 3x5",
        "INSERT-ONE-TO-ONE applied: identity e8lehjo4n, linear, after v3",
        "RESET-WEIGHTS applied: forget all weights",
        "ALTER-LEARNING-RATE applied: learning rate 0.1 to 0.0826",
        "REMOVE-SKIP applied: s1, input to v2",
        "IDENTITY applied: keep training",
        "FILTER-SIZE applied: a filter 3x5 to 3x5",
        "FILTER-SIZE applied: b filter 3x3 to 3x5",
      ]
    `);
    expect(wiring(dna)).toMatchInlineSnapshot(`
      [
        "a: input-v1",
        "b: v1-v2",
        "c: v2-v3",
        "e0: vju8apvv8-output",
        "e8lehjo4n: v3-vju8apvv8",
        "s2: v1-v3",
        "s3: v1-output",
      ]
    `);
  });

  it('says of a broken source of chance that it is broken', () => {
    expect(() => mutate(firstDna(), { next: () => 1 }, { image })).toThrow(
      'a source of chance gives numbers from [0, 1)',
    );
  });

  it('gives no id twice, also not one that a removed edge bore', () => {
    const random = new SeededRandom('ids');
    const seen = new Set<string>();
    let dna = firstDna();
    for (let i = 0; i < 300; i++) {
      const before = Object.keys({ ...dna.vertices, ...dna.edges });
      dna = mutate(dna, random, { image }).dna;
      for (const id of Object.keys({ ...dna.vertices, ...dna.edges }).filter(
        (made) => !before.includes(made),
      )) {
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
    }
    expect(seen.size).toBeGreaterThan(50);
  });
});

describe('inheritsWeights', () => {
  it('is a matter of an applied RESET-WEIGHTS', () => {
    const draw = (mutation: MutationName, outcome: 'applied' | 'no-site') => ({
      mutation,
      outcome,
      detail: '',
    });
    expect(inheritsWeights([])).toBe(true);
    expect(inheritsWeights([draw('IDENTITY', 'applied'), draw('RESET-WEIGHTS', 'no-site')])).toBe(true);
    expect(inheritsWeights([draw('RESET-WEIGHTS', 'applied'), draw('IDENTITY', 'applied')])).toBe(false);
  });
});

describe('long lineages', () => {
  it('neither stall nor grow beyond what shapes can count', () => {
    const dna = grownDna('long', 1500);
    expect(graphProblems(dna)).toEqual([]);
    expect(Object.keys(dna.edges).length).toBeGreaterThan(50);
    expect(() => inferShapes(dna, image)).not.toThrow();
  });
});
