import { type Dna, type MutationName, type Vertex, backbone, edgeOf, isSkip, vertexOf } from '@galapagos/dna';
import { expect } from 'vitest';
import { difference, wholly } from './difference.js';
import { expectSame } from './expect-same.js';
import { expectConvolutionRemoved } from './expect-removal.js';

/** Fails unless the child differs from its parent in exactly what the name of the mutation says. */
export function expectExactly(name: MutationName, parent: Dna, child: Dna): void {
  expectations[name](parent, child);
}

const expectations: Readonly<Record<MutationName, (parent: Dna, child: Dna) => void>> = {
  'ALTER-LEARNING-RATE': (parent, child) => {
    const { learningRate } = child;
    expectSame(difference(parent, child), [`~ learningRate: ${parent.learningRate} to ${learningRate}`]);
    expectWithin(learningRate, parent.learningRate / 2, parent.learningRate * 2);
  },
  IDENTITY: (parent, child) => expectSame(child, parent),
  'RESET-WEIGHTS': (parent, child) => expectSame(child, parent),
  'INSERT-CONVOLUTION': (parent, child) => {
    const edge = expectLayerInserted(parent, child);
    const { strideScale } = edge as { strideScale: number };
    expect([0, 1]).toContain(strideScale);
    const { from, to } = edge;
    const rest = { depthFactor: 1, filterHalfHeight: 1, filterHalfWidth: 1, strideScale };
    expect(edge).toEqual({ type: 'CONV', from, to, depthPrecedence: 0, scalePrecedence: 0, ...rest });
  },
  'INSERT-ONE-TO-ONE': (parent, child) => {
    const edge = expectLayerInserted(parent, child);
    const { from, to } = edge;
    expect(edge).toEqual({ type: 'IDENTITY', from, to, depthPrecedence: 0, scalePrecedence: 0 });
  },
  'REMOVE-CONVOLUTION': expectConvolutionRemoved,
  'ALTER-STRIDE': (parent, child) => {
    const [before, after] = expectOneNumber(parent, child, ['strideScale']);
    expectWithin(after, Math.max(0, before - 1), before + 1);
  },
  'ALTER-NUMBER-OF-CHANNELS': (parent, child) => {
    const [before, after] = expectOneNumber(parent, child, ['depthFactor']);
    expectWithin(after, before / 2, before * 2);
  },
  'FILTER-SIZE': (parent, child) => {
    const [before, after] = expectOneNumber(parent, child, ['filterHalfHeight', 'filterHalfWidth']);
    expectWithin(2 * after + 1, Math.max(1, (2 * before + 1) / 2), 2 * (2 * before + 1));
  },
  'ADD-SKIP': (parent, child) => {
    const id = onlyNew(parent.edges, child.edges);
    const edge = edgeOf(child, id);
    const { from, to } = edge;
    expectSame(difference(parent, child), [...edgeLines('+', id, child)].sort());
    expect(edge.type).toBe('IDENTITY');
    const order = ['', ...backbone(parent).map((on) => edgeOf(parent, on).to)];
    expect(order.indexOf(from) < order.indexOf(to)).toBe(true);
    expect(Object.values(parent.edges).some((other) => other.from === from && other.to === to)).toBe(false);
    for (const other of vertexOf(parent, to).edgesIn.map((rival) => edgeOf(parent, rival))) {
      expect(edge.depthPrecedence).toBeGreaterThan(other.depthPrecedence);
      expect(edge.scalePrecedence).toBeGreaterThan(other.scalePrecedence);
    }
  },
  'REMOVE-SKIP': (parent, child) => {
    const id = onlyNew(child.edges, parent.edges);
    expect(isSkip(parent, id)).toBe(true);
    expectSame(difference(parent, child), [...edgeLines('-', id, parent)].sort());
  },
};

/** One new edge and one new vertex before an edge of the backbone, which keeps its id and its numbers. */
function expectLayerInserted(parent: Dna, child: Dna): ReturnType<typeof edgeOf> {
  const edgeId = onlyNew(parent.edges, child.edges);
  const vertexId = onlyNew(parent.vertices, child.vertices);
  const edge = edgeOf(child, edgeId);
  const vertex = vertexOf(child, vertexId);
  const [splitId = ''] = vertex.edgesOut;
  expect(backbone(parent)).toContain(splitId);
  expect(edge.to).toBe(vertexId);
  const flags = { inputsMutable: true, outputsMutable: true, propertiesMutable: true };
  const made: Vertex = { type: 'LINEAR', edgesIn: [edgeId], edgesOut: [splitId], ...flags };
  expect(vertex).toEqual(vertex.type === 'LINEAR' ? made : { ...made, type: 'BN_RELU', leakiness: 0 });
  const { from } = edgeOf(parent, splitId);
  expectSame(
    difference(parent, child),
    [
      ...wholly('+', `vertices.${vertexId}`, vertex),
      ...wholly('+', `edges.${edgeId}`, edge),
      `+ vertices.${from}.edgesOut.${edgeId}: listed`,
      `- vertices.${from}.edgesOut.${splitId}: listed`,
      `~ edges.${splitId}.from: ${from} to ${vertexId}`,
    ].sort(),
  );
  return edge;
}

/** One of these numbers of one convolution, old and new, is all that changed. */
function expectOneNumber(parent: Dna, child: Dna, fields: readonly string[]): [number, number] {
  const lines = difference(parent, child);
  expect(lines).toHaveLength(1);
  const [, id = '', field = ''] = /^~ edges\.(\w+)\.(\w+): /.exec(lines[0] ?? '') ?? [];
  expect(fields).toContain(field);
  const number = (dna: Dna): number => (edgeOf(dna, id) as unknown as Record<string, number>)[field] ?? NaN;
  return [number(parent), number(child)];
}

function edgeLines(sign: '+' | '-', id: string, dna: Dna): string[] {
  const edge = edgeOf(dna, id);
  return [
    ...wholly(sign, `edges.${id}`, edge),
    `${sign} vertices.${edge.from}.edgesOut.${id}: listed`,
    `${sign} vertices.${edge.to}.edgesIn.${id}: listed`,
  ];
}

function onlyNew(before: object, after: object): string {
  const ids = Object.keys(after).filter((id) => !Object.hasOwn(before, id));
  expect(ids).toHaveLength(1);
  return ids[0] ?? '';
}

function expectWithin(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}
