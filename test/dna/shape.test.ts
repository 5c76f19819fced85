import { ShapeError, backbone, convolutionOf, inferShapes, isSkip, primaryInEdge } from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import { sketch } from './samples.js';

const image = { height: 32, width: 20, channels: 3 };

/** Two branches that disagree about everything meet in `v3`; a skip brings the image to it too. */
function branches(precedences: { small: [number, number]; wide: [number, number]; skip: [number, number] }) {
  const ranks = ([scalePrecedence, depthPrecedence]: [number, number]) => ({
    scalePrecedence,
    depthPrecedence,
  });
  return sketch({
    small: { from: 'input', to: 'v1', conv: { strideScale: 2, depthFactor: 2 } },
    wide: { from: 'input', to: 'v2', conv: { strideScale: 1, depthFactor: 5 } },
    a: { from: 'v1', to: 'v3', ...ranks(precedences.small) },
    b: { from: 'v2', to: 'v3', ...ranks(precedences.wide) },
    s: { from: 'input', to: 'v3', ...ranks(precedences.skip) },
    e0: { from: 'v3', to: 'output' },
  });
}

describe('inferShapes', () => {
  it.each<[string, Parameters<typeof branches>[0], [number, number, number]]>([
    ['both of one edge', { small: [0, 0], wide: [1, 1], skip: [2, 2] }, [8, 5, 6]],
    ['the size of one, the channels of another', { small: [0, 2], wide: [1, 0], skip: [2, 1] }, [8, 5, 15]],
    ['the other way round', { small: [2, 0], wide: [-7, 1], skip: [0, 2] }, [16, 10, 6]],
    ['the image, channels and all', { small: [1, 1], wide: [2, 2], skip: [-1, -1] }, [32, 20, 3]],
  ])('takes %s, by the lowest precedence', (_, precedences, [height, width, channels]) => {
    const { vertices, edges } = inferShapes(branches(precedences), image);
    expect(vertices['v3']).toEqual({ height, width, channels });
    expect(vertices['output']).toEqual({ height, width, channels });
    expect(edges['a']).toEqual({ height: 8, width: 5, channels: 6 });
    expect(edges['b']).toEqual({ height: 16, width: 10, channels: 15 });
    expect(edges['s']).toEqual(image);
  });

  it.each([
    [0, 5, 3],
    [0.49, 5, 3],
    [0.5, 3, 2],
    [1, 3, 2],
    [2, 2, 1],
    [3, 1, 1],
    [40, 1, 1],
  ])('divides 5x3 by 2 to the round(%f), rounded up, to %ix%i', (strideScale, height, width) => {
    const dna = sketch({ a: { from: 'input', to: 'output', conv: { strideScale } } });
    expect(inferShapes(dna, { height: 5, width: 3, channels: 1 }).vertices['output']).toEqual({
      height,
      width,
      channels: 1,
    });
  });

  it.each([
    [1, 3],
    [1.1, 3],
    [1.17, 4],
    [0.2, 1],
    [0.17, 1],
    [100.4, 301],
  ])('rounds 3 channels times %f to %i', (depthFactor, channels) => {
    const dna = sketch({ a: { from: 'input', to: 'output', conv: { depthFactor } } });
    expect(inferShapes(dna, image).vertices['output']?.channels).toBe(channels);
  });

  it.each([
    [0.16, '3 channels become 0'],
    [1e300, '3 channels become 3e+300'],
  ])('refuses a depth factor of %f', (depthFactor, message) => {
    const dna = sketch({ a: { from: 'input', to: 'output', conv: { depthFactor } } });
    expect(() => inferShapes(dna, image)).toThrow(new ShapeError(`edges.a.depthFactor: ${message}`));
  });
});

describe('convolutionOf', () => {
  it.each([
    [0, 0, 0, 1, 1, 1],
    [0.49, 0.5, 0.49, 1, 3, 1],
    [1, 2.4, 0.5, 3, 5, 2],
    [2.5, 1.49, 2.4, 7, 3, 4],
  ])(
    'builds half sizes %f, %f and log2 stride %f as %ix%i, stride %i',
    (h, w, s, filterHeight, filterWidth, stride) => {
      const edge = {
        type: 'CONV',
        from: 'a',
        to: 'b',
        depthPrecedence: 0,
        scalePrecedence: 0,
        depthFactor: 1,
      } as const;
      const built = convolutionOf({ ...edge, filterHalfHeight: h, filterHalfWidth: w, strideScale: s });
      expect(built).toEqual({ filterHeight, filterWidth, stride });
    },
  );
});

describe('the backbone', () => {
  it('follows the edges that decide the size', () => {
    const dna = branches({ small: [1, 0], wide: [0, 1], skip: [2, 2] });
    expect(primaryInEdge(dna, 'v3', 'scale')).toBe('b');
    expect(primaryInEdge(dna, 'v3', 'depth')).toBe('a');
    expect(backbone(dna)).toEqual(['wide', 'b', 'e0']);
  });

  it('leaves as skips the identities that decide nothing', () => {
    const dna = branches({ small: [1, 0], wide: [0, 1], skip: [2, 2] });
    expect(Object.keys(dna.edges).filter((id) => isSkip(dna, id))).toEqual(['s']);
  });
});
