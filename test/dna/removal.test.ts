import {
  type Dna,
  type MutationName,
  SeededRandom,
  copyDna,
  graphProblems,
  tryMutation,
} from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import { deepFreeze, sketch, wiring } from './samples.js';

const conv = {};

function attempt(name: MutationName, dna: Dna) {
  return tryMutation(name, deepFreeze(dna), new SeededRandom('attempt'), {
    height: 32,
    width: 32,
    channels: 3,
  });
}

describe('REMOVE-CONVOLUTION, where an edge of the removed vertex goes', () => {
  it.each<[string, Dna, string[]]>([
    [
      'a skip that left it leaves from the vertex before it',
      sketch({
        a: { from: 'input', to: 'v1', conv },
        i: { from: 'v1', to: 'v2' },
        e0: { from: 'v2', to: 'output' },
        s: { from: 'v1', to: 'output' },
      }),
      ['e0: v2-output', 'i: input-v2', 's: input-output'],
    ],
    [
      'a skip that entered it enters the vertex before it',
      sketch({
        i: { from: 'input', to: 'v1' },
        j: { from: 'v1', to: 'v2' },
        a: { from: 'v2', to: 'v3', conv },
        s: { from: 'input', to: 'v3' },
        e0: { from: 'v3', to: 'output' },
      }),
      ['e0: v2-output', 'i: input-v1', 'j: v1-v2', 's: input-v2'],
    ],
    [
      'a skip that would join a joined pair is dropped, whether it left the removed vertex',
      sketch({
        a: { from: 'input', to: 'v1', conv },
        i: { from: 'v1', to: 'v2' },
        e0: { from: 'v2', to: 'output' },
        s: { from: 'v1', to: 'output' },
        t: { from: 'input', to: 'output' },
      }),
      ['e0: v2-output', 'i: input-v2', 't: input-output'],
    ],
    [
      'or entered it',
      sketch({
        i: { from: 'input', to: 'v1' },
        a: { from: 'v1', to: 'v2', conv },
        s: { from: 'input', to: 'v2' },
        e0: { from: 'v2', to: 'output' },
      }),
      ['e0: v1-output', 'i: input-v1'],
    ],
    [
      'or ran beside it, when the edge that goes on decides the size',
      sketch({
        a: { from: 'input', to: 'v1', conv },
        i: { from: 'v1', to: 'v2' },
        s: { from: 'input', to: 'v2' },
        e0: { from: 'v2', to: 'output' },
      }),
      ['e0: v2-output', 'i: input-v2'],
    ],
    [
      'a branch that started at the vertex before it is cut off where it would close a cycle',
      sketch({
        a: { from: 'input', to: 'v2', conv },
        p: { from: 'input', to: 'v1' },
        q: { from: 'v1', to: 'v2' },
        r: { from: 'v1', to: 'output', scalePrecedence: 1, depthPrecedence: 1 },
        e0: { from: 'v2', to: 'output', scalePrecedence: 0, depthPrecedence: 0 },
      }),
      ['e0: input-output', 'p: input-v1', 'r: v1-output'],
    ],
  ])('%s', (_, dna, expected) => {
    const { child, draw } = attempt('REMOVE-CONVOLUTION', dna);
    expect(draw.outcome).toBe('applied');
    expect(graphProblems(child)).toEqual([]);
    expect(wiring(child)).toEqual(expected);
  });

  it('a skip is dropped where the vertex before it keeps its inputs', () => {
    const dna = sketch({
      i: { from: 'input', to: 'v1' },
      j: { from: 'v1', to: 'v2' },
      a: { from: 'v2', to: 'v3', conv },
      s: { from: 'input', to: 'v3' },
      e0: { from: 'v3', to: 'output' },
    });
    Object.assign(dna.vertices['v2'] ?? {}, { inputsMutable: false });
    const { child, draw } = attempt('REMOVE-CONVOLUTION', dna);
    expect(draw.outcome).toBe('applied');
    expect(wiring(child)).toEqual(['e0: v2-output', 'i: input-v1', 'j: v1-v2']);
  });

  it('is not to be had where a branch would be left without an end', () => {
    const dna = sketch({
      a: { from: 'input', to: 'v2', conv },
      p: { from: 'input', to: 'v1' },
      q: { from: 'v1', to: 'v2' },
      e0: { from: 'v2', to: 'output' },
    });
    expect(attempt('REMOVE-CONVOLUTION', dna).draw.outcome).toBe('no-site');
  });

  it.each([
    ['input', 'outputsMutable'],
    ['v1', 'inputsMutable'],
    ['v1', 'outputsMutable'],
    ['v1', 'propertiesMutable'],
    ['output', 'inputsMutable'],
  ] as const)('is not to be had without %s.%s', (id, flag) => {
    const dna = sketch({ a: { from: 'input', to: 'v1', conv }, e0: { from: 'v1', to: 'output' } });
    expect(attempt('REMOVE-CONVOLUTION', copyDna(dna)).draw.outcome).toBe('applied');
    Object.assign(dna.vertices[id] ?? {}, { [flag]: false });
    expect(attempt('REMOVE-CONVOLUTION', dna).draw.outcome).toBe('no-site');
  });

  it('takes no convolution into the classifier and none beside the backbone', () => {
    const dna = sketch({
      a: { from: 'input', to: 'v1' },
      b: { from: 'v1', to: 'output', conv },
      c: { from: 'input', to: 'output', conv },
    });
    expect(attempt('REMOVE-CONVOLUTION', dna).draw.outcome).toBe('no-site');
  });
});

describe('REMOVE-SKIP', () => {
  it('takes no edge that decides a size or channels, and none that is all that leaves its vertex', () => {
    const dna = sketch({
      e1: { from: 'input', to: 'v1' },
      e2: { from: 'input', to: 'v2', depthPrecedence: 1, scalePrecedence: 0 },
      e3: { from: 'v1', to: 'v2', depthPrecedence: 0, scalePrecedence: 1 },
      e4: { from: 'input', to: 'v3' },
      e5: { from: 'v2', to: 'output' },
      e6: { from: 'v3', to: 'output' },
    });
    expect(attempt('REMOVE-SKIP', dna).draw.outcome).toBe('no-site');
  });
});
