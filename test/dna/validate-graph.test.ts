import { parseDna } from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import { ladder, sketch } from './samples.js';
import { having, messageOf } from './spoilt.js';

describe('a graph that breaks a rule', () => {
  const end = (from: string, to: string) => ({ from, to });
  it.each<[string, unknown, string]>([
    [
      'a cycle',
      sketch({
        a: end('input', 'v1'),
        b: end('v1', 'v2'),
        c: end('v2', 'v3'),
        d: end('v3', 'v1'),
        e0: end('v3', 'output'),
      }),
      'edges: there is a cycle: v1 -> v2 -> v3 -> v1',
    ],
    [
      'a vertex that follows itself',
      sketch({ a: end('input', 'v1'), b: end('v1', 'v1'), e0: end('v1', 'output') }),
      'edges: there is a cycle: v1 -> v1',
    ],
    [
      'nothing but a cycle',
      sketch({ a: end('v1', 'v2'), b: end('v2', 'v1') }),
      'vertices: exactly one vertex is without in-edges (the image); there is none; ' +
        'vertices: exactly one vertex is without out-edges (the classifier); there is none; ' +
        'edges: there is a cycle: v1 -> v2 -> v1',
    ],
    [
      'a vertex that is not there',
      having('edges.e0.to', 'gone'),
      'edges.e0.to: there is no vertex gone; vertices.output.edgesIn.0: edge e0 has to gone',
    ],
    [
      'a vertex named as what every object has',
      having('edges.e0.to', 'constructor'),
      'edges.e0.to: there is no vertex constructor; vertices.output.edgesIn.0: edge e0 has to constructor',
    ],
    [
      'an edge that is not there',
      having('vertices.v1.edgesOut.1', 'gone'),
      'vertices.v1.edgesOut.1: there is no edge gone',
    ],
    [
      'an edge named as what every object has',
      having('vertices.v1.edgesOut.1', 'constructor'),
      'vertices.v1.edgesOut.1: there is no edge constructor',
    ],
    [
      'an edge that its vertex does not list',
      having('vertices.v1.edgesIn', []),
      'vertices.v1.edgesIn: does not list edge a',
    ],
    [
      'an edge listed twice',
      having('vertices.v1.edgesIn.1', 'a'),
      'vertices.v1.edgesIn.1: edge a is listed twice',
    ],
    [
      'an edge of another vertex',
      having('vertices.v1.edgesIn.1', 'e0'),
      'vertices.v1.edgesIn.1: edge e0 has to output',
    ],
    [
      'two edges between a pair',
      sketch({ a: end('input', 'output'), b: end('input', 'output') }),
      'edges.b: edge a already leads from input to output',
    ],
    [
      'a second image',
      sketch({ a: end('input', 'output'), b: end('v1', 'output') }),
      'vertices: exactly one vertex is without in-edges (the image); there are input, v1',
    ],
    [
      'a second classifier',
      sketch({ a: end('input', 'output'), b: end('input', 'v1') }),
      'vertices: exactly one vertex is without out-edges (the classifier); there are output, v1',
    ],
    [
      'equal precedences',
      sketch({
        a: end('input', 'v1'),
        b: { ...end('input', 'output'), depthPrecedence: 4 },
        c: { ...end('v1', 'output'), depthPrecedence: 4 },
      }),
      'edges.c.depthPrecedence: edge b into output has 4 too',
    ],
    [
      'an image that is activated',
      having('vertices.input', {
        ...ladder().vertices['input'],
        edgesOut: ['a'],
        type: 'BN_RELU',
        leakiness: 0,
      }),
      'vertices.input.type: the image is LINEAR',
    ],
    [
      'one vertex alone',
      { ...sketch({}), vertices: { v1: { ...ladder().vertices['input'], edgesOut: [] } } },
      'vertices: the image and the classifier are two vertices',
    ],
    [
      'nothing at all',
      sketch({}),
      'vertices: exactly one vertex is without in-edges (the image); there is none; ' +
        'vertices: exactly one vertex is without out-edges (the classifier); there is none',
    ],
  ])('%s', (_, json, message) => {
    expect(messageOf(() => parseDna(json))).toBe(`DNA_INVALID DNA: ${message}`);
  });
});
