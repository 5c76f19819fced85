import { describe, expect, test } from 'vitest';
import { firstDna, parseDna } from '@galapagos/dna';
import { planNetwork } from '../../packages/trainer/src/plan.js';
import { addEdge, chain } from './support.js';

const image = { height: 7, width: 5, channels: 3 };

describe('planNetwork', () => {
  test('the first individual sees the image itself', () => {
    const plan = planNetwork(firstDna(), image, 10);
    expect(plan).toMatchObject({ image, input: 'input', output: 'output', features: 3, classes: 10 });
    expect(plan.vertices).toEqual([
      {
        id: 'output',
        shape: image,
        batchNormalization: undefined,
        edges: [{ id: 'e0', from: 'input', yields: image, convolution: undefined }],
      },
    ]);
  });

  test('rounds the numbers of a convolution, and its size up', () => {
    const conv = { factor: 2.4, halfHeight: 1.5, halfWidth: 0.4, strideScale: 0.6 };
    const plan = planNetwork(chain([{ conv, bn: true, leakiness: 0.25 }]), image, 10);
    // 3 * 2.4 = 7.2; 2 * 2 + 1; 2 * 0 + 1; 2 ** 1; 7 / 2 and 5 / 2 rounded up.
    const yields = { height: 4, width: 3, channels: 7 };
    expect(plan.vertices[0]).toEqual({
      id: 'v1',
      shape: yields,
      batchNormalization: { leakiness: 0.25 },
      edges: [{ id: 'e1', from: 'v0', yields, convolution: { filter: [5, 1, 3, 7], stride: 2 } }],
    });
  });

  test('a stride is no longer than its image, and one longer than the image leaves one pixel', () => {
    const plan = planNetwork(chain([{ conv: { strideScale: 40 } }]), image, 10);
    const yields = { height: 1, width: 1, channels: 3 };
    expect(plan.vertices[0]?.edges[0]).toMatchObject({ yields, convolution: { stride: 7 } });
  });

  test('the primary in-edge decides the shape of a vertex', () => {
    const dna = chain([{ conv: { factor: 2, strideScale: 1 } }, {}]);
    addEdge(dna, 'skip', 'v0', 'v2');
    const plan = planNetwork(parseDna(dna), image, 10);
    expect(plan.vertices.map(({ id }) => id)).toEqual(['v1', 'v2']);
    expect(plan.vertices[1]).toMatchObject({
      shape: { height: 4, width: 3, channels: 6 },
      edges: [{ id: 'e2' }, { id: 'skip', from: 'v0', yields: image }],
    });
    expect(plan.features).toBe(6);
  });

  test('refuses channels that round to none', () => {
    expect(() => planNetwork(chain([{ conv: { factor: 0.1 } }]), image, 10)).toThrow(
      /e1\.depthFactor: 3 channels become 0/,
    );
  });
});
