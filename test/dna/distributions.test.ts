import {
  type ConvEdge,
  type Dna,
  MUTATION_NAMES,
  type MutationName,
  SeededRandom,
  backbone,
  edgeOf,
  mutate,
  tryMutation,
} from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import { chiSquareP, kolmogorovSmirnovP, tally, uniformCdf } from '../support/statistics.js';
import { type EdgeSketch, deepFreeze, ladder, sketch } from './samples.js';

const image = { height: 32, width: 32, channels: 3 };
const DRAWS = 4000;

/** Children of one mutation; every draw must be applied. */
function children(name: MutationName, parent: Dna, count = DRAWS): Dna[] {
  const random = new SeededRandom(`distribution of ${name}`);
  deepFreeze(parent);
  return Array.from({ length: count }, () => {
    const { child, draw } = tryMutation(name, parent, random, image);
    if (draw.outcome !== 'applied') throw new Error(`${name}: ${draw.outcome} ${draw.detail}`);
    return child;
  });
}

function expectUniform(sample: readonly number[], low: number, high: number): void {
  expect(kolmogorovSmirnovP(sample, uniformCdf(low, high))).toBeGreaterThan(0.001);
}

function expectEqualShares(keys: readonly string[], values: readonly string[]): void {
  expect(chiSquareP(tally(keys, values))).toBeGreaterThan(0.001);
}

/** One convolution of these numbers between the image and the classifier. */
function oneConvolution(conv: NonNullable<EdgeSketch['conv']>): Dna {
  return sketch({ a: { from: 'input', to: 'v1', conv }, e0: { from: 'v1', to: 'output' } });
}

function convolution(dna: Dna, id = 'a'): ConvEdge {
  const edge = edgeOf(dna, id);
  if (edge.type !== 'CONV') throw new Error(`${id} is no convolution`);
  return edge;
}

describe('the eleven mutations', () => {
  it('are drawn uniformly', () => {
    const random = new SeededRandom('uniform over the eleven');
    const parent = deepFreeze(ladder());
    const names = Array.from(
      { length: 11_000 },
      () => mutate(parent, random, { image }).drawn[0]?.mutation ?? '',
    );
    expectEqualShares(MUTATION_NAMES, names);
  });

  it('are drawn uniformly again after a draw without a site', () => {
    const random = new SeededRandom('redraws');
    const parent = deepFreeze(sketch({ e0: { from: 'input', to: 'output' } }));
    const drawn = Array.from({ length: 4000 }, () => mutate(parent, random, { image }).drawn);
    const legal = [
      'ALTER-LEARNING-RATE',
      'IDENTITY',
      'RESET-WEIGHTS',
      'INSERT-CONVOLUTION',
      'INSERT-ONE-TO-ONE',
    ];
    expectEqualShares(
      MUTATION_NAMES,
      drawn.flat().map(({ mutation }) => mutation),
    );
    expectEqualShares(
      legal,
      drawn.map((draws) => draws.at(-1)?.mutation ?? ''),
    );
  });
});

describe('numbers', () => {
  it('ALTER-LEARNING-RATE: log2 of the factor is uniform in [-1, 1]', () => {
    const parent = ladder();
    const factors = children('ALTER-LEARNING-RATE', parent).map(
      (dna) => dna.learningRate / parent.learningRate,
    );
    expectUniform(factors.map(Math.log2), -1, 1);
  });

  it.each([1, 0.7, 12])('ALTER-NUMBER-OF-CHANNELS: uniform from half to twice %f', (depthFactor) => {
    const made = children('ALTER-NUMBER-OF-CHANNELS', oneConvolution({ depthFactor }));
    expectUniform(
      made.map((dna) => convolution(dna).depthFactor),
      depthFactor / 2,
      depthFactor * 2,
    );
  });

  // The filter is 2h + 1: 1, 3, 2.5 and 11 of the image's points.
  it.each([
    [0, 1, 2],
    [1, 1.5, 6],
    [0.75, 1.25, 5],
    [5, 5.5, 22],
  ])(
    'FILTER-SIZE: from h = %f the size is uniform in [%f, %f], in either direction alike',
    (half, low, high) => {
      const made = children('FILTER-SIZE', oneConvolution({ height: half, width: half })).map((dna) =>
        convolution(dna),
      );
      const sides = made.map((edge) => (edge.filterHalfHeight === half ? 'width' : 'height'));
      expectEqualShares(['width', 'height'], sides);
      const sizes = made.map(
        (edge, i) => 2 * (sides[i] === 'width' ? edge.filterHalfWidth : edge.filterHalfHeight) + 1,
      );
      expectUniform(sizes, low, high);
    },
  );

  it.each([
    [0, 0, 1],
    [0.4, 0, 1.4],
    [1, 0, 2],
    [3.5, 2.5, 4.5],
  ])('ALTER-STRIDE: from s = %f uniform in [%f, %f]', (strideScale, low, high) => {
    const made = children('ALTER-STRIDE', oneConvolution({ strideScale }));
    expectUniform(
      made.map((dna) => convolution(dna).strideScale),
      low,
      high,
    );
  });
});

describe('sites', () => {
  const parent = deepFreeze(ladder());

  it.each(['ALTER-STRIDE', 'ALTER-NUMBER-OF-CHANNELS', 'FILTER-SIZE'] as const)(
    '%s: each convolution alike',
    (name) => {
      const changed = (dna: Dna) =>
        ['a', 'b', 'c'].find((id) => JSON.stringify(dna.edges[id]) !== JSON.stringify(parent.edges[id])) ??
        '';
      expectEqualShares(['a', 'b', 'c'], children(name, parent).map(changed));
    },
  );

  it.each(['INSERT-CONVOLUTION', 'INSERT-ONE-TO-ONE'] as const)(
    '%s: each edge of the backbone, BN+ReLU or nothing',
    (name) => {
      const made = children(name, parent);
      const inserted = made.map(
        (dna) => Object.entries(dna.vertices).find(([id]) => !(id in parent.vertices))?.[1],
      );
      expectEqualShares(
        backbone(parent),
        inserted.map((vertex) => vertex?.edgesOut[0] ?? ''),
      );
      expectEqualShares(
        ['LINEAR', 'BN_RELU'],
        inserted.map((vertex) => vertex?.type ?? ''),
      );
    },
  );

  it('INSERT-CONVOLUTION: stride 1 or 2, whatever the activation', () => {
    const kinds = children('INSERT-CONVOLUTION', parent).map((dna) => {
      const id = Object.keys(dna.edges).find((edge) => !(edge in parent.edges)) ?? '';
      return `${2 ** convolution(dna, id).strideScale} ${dna.vertices[edgeOf(dna, id).to]?.type}`;
    });
    expectEqualShares(['1 LINEAR', '2 LINEAR', '1 BN_RELU', '2 BN_RELU'], kinds);
  });

  it('REMOVE-CONVOLUTION: each convolution alike', () => {
    const gone = children('REMOVE-CONVOLUTION', parent).map(
      (dna) => ['a', 'b', 'c'].find((id) => !(id in dna.edges)) ?? '',
    );
    expectEqualShares(['a', 'b', 'c'], gone);
  });

  it('ADD-SKIP: each pair that no edge joins alike', () => {
    const pairs = children('ADD-SKIP', parent).map((dna) => {
      const [, edge] = Object.entries(dna.edges).find(([id]) => !(id in parent.edges)) ?? [];
      return `${edge?.from}-${edge?.to}`;
    });
    expectEqualShares(['input-v3', 'input-output', 'v2-output'], pairs);
  });

  it('REMOVE-SKIP: each skip alike', () => {
    const gone = children('REMOVE-SKIP', parent).map(
      (dna) => ['s1', 's2', 's3'].find((id) => !(id in dna.edges)) ?? '',
    );
    expectEqualShares(['s1', 's2', 's3'], gone);
  });
});
