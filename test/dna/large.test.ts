import { type Dna, DnaError, parseDna } from '@galapagos/dna';
import { describe, expect, test } from 'vitest';
import { type EdgeSketch, sketch } from './samples.js';

const MANY = 20_000;

/** A chain whose vertices are listed from the classifier to the image, with an edge back to its middle or without. */
function chain(isCircular: boolean): Dna {
  const edges: Record<string, EdgeSketch> = {};
  for (let at = MANY; at > 0; at--) edges[`e${at}`] = { from: `v${at - 1}`, to: `v${at}` };
  if (isCircular)
    edges['back'] = { from: `v${MANY - 1}`, to: `v${MANY / 2}`, depthPrecedence: 1, scalePrecedence: 1 };
  return sketch(edges);
}

/** One vertex that leads to all others, which lead to the classifier. */
function star(): Dna {
  const edges: Record<string, EdgeSketch> = {};
  for (let at = 0; at < MANY; at++) {
    edges[`p${at}`] = { from: 'a', to: `m${at}` };
    edges[`q${at}`] = { from: `m${at}`, to: 'z' };
  }
  return sketch(edges);
}

/** Each in seconds; what looks at each vertex for each vertex takes minutes. */
describe('a DNA of ten thousands of vertices', () => {
  test.each([
    ['a chain', () => chain(false)],
    ['a star', star],
  ])('is read: %s', (_what, make) => {
    expect(Object.keys(parseDna(make()).vertices).length).toBeGreaterThan(MANY);
  });

  test('with a cycle is refused in a line', () => {
    const error = errorOf(() => parseDna(chain(true)));
    expect(error.message).toMatch(/^DNA: edges: there is a cycle: v/);
    expect(error.message.length).toBeLessThan(500);
  });

  test('that is wrong throughout is refused in a line', () => {
    const dna = chain(false);
    for (const vertex of Object.values(dna.vertices)) vertex.edgesIn = ['nowhere'];
    const error = errorOf(() => parseDna(dna));
    expect(error.message).toMatch(/; and [0-9]+ more$/);
    expect(error.message.length).toBeLessThan(3000);
  });
});

function errorOf(read: () => unknown): DnaError {
  try {
    read();
  } catch (error) {
    if (error instanceof DnaError) return error;
    throw error;
  }
  throw new Error('it was read');
}
