import { DnaError, dnaSchema, formatDna, parseDna, parseDnaText, schemaProblems } from '@galapagos/dna';
import { describe, expect, it } from 'vitest';
import { ladder, sketch } from './samples.js';
import { having, messageOf, spoilt, without } from './spoilt.js';

const idRule = 'an id is a lower-case letter and up to 31 lower-case letters and digits';

describe('a DNA with a bad field', () => {
  it.each<[string, unknown, string]>([
    ['an unknown field', having('colour', 1), 'colour: unknown field'],
    ['an unknown field of an edge', having('edges.e0.dilation', 2), 'edges.e0.dilation: unknown field'],
    [
      'an unknown field of a vertex',
      having('vertices.v1.leakiness', 0),
      'vertices.v1.leakiness: unknown field',
    ],
    [
      'two unknown fields',
      spoilt((dna) => Object.assign(dna, { b: 1, c: 2 })),
      'b: unknown field; c: unknown field',
    ],
    ['a missing field', without('learningRate'), 'learningRate: missing, expected number'],
    [
      'a missing field of an edge',
      without('edges.a.strideScale'),
      'edges.a.strideScale: missing, expected number',
    ],
    ['no kind', without('edges.a.type'), "edges.a.type: expected 'IDENTITY' or 'CONV'"],
    [
      'an unknown kind',
      having('vertices.v1.type', 'TANH'),
      "vertices.v1.type: expected 'LINEAR' or 'BN_RELU'",
    ],
    [
      'a string for a number',
      having('learningRate', '0.1'),
      'learningRate: expected number, received string',
    ],
    [
      'null for a number',
      having('edges.a.depthFactor', null),
      'edges.a.depthFactor: expected number, received null',
    ],
    [
      'a number for a flag',
      having('vertices.v1.inputsMutable', 1),
      'vertices.v1.inputsMutable: expected boolean, received number',
    ],
    ['an array for the vertices', having('vertices', []), 'vertices: expected object, received array'],
    ['null for a vertex', having('vertices.v1', null), 'vertices.v1: expected object, received null'],
    ['NaN', having('learningRate', NaN), 'learningRate: expected number, received NaN'],
    [
      'infinity',
      having('edges.a.strideScale', Infinity),
      'edges.a.strideScale: expected number, received Infinity',
    ],
    [
      'a negative learning rate',
      having('learningRate', -0.1),
      'learningRate: Too small: expected number to be >0',
    ],
    [
      'no learning rate to speak of',
      having('learningRate', 0),
      'learningRate: Too small: expected number to be >0',
    ],
    [
      'a negative weight decay',
      having('weightDecayRate', -1),
      'weightDecayRate: Too small: expected number to be >=0',
    ],
    [
      'a negative filter',
      having('edges.a.filterHalfWidth', -1),
      'edges.a.filterHalfWidth: Too small: expected number to be >=0',
    ],
    [
      'half a precedence',
      having('edges.a.depthPrecedence', 0.5),
      'edges.a.depthPrecedence: expected a whole number',
    ],
    ['a bad id in a list', having('vertices.v1.edgesIn.0', 'A-1'), `vertices.v1.edgesIn.0: ${idRule}`],
    ['a bad id', having('vertices.V2', {}), `vertices.V2: ${idRule}`],
    ['a long id', having(`edges.${'a'.repeat(33)}`, {}), `edges.${'a'.repeat(33)}: ${idRule}`],
    ['__proto__ as an edge', having('edges.__proto__', { type: 'IDENTITY' }), `edges.__proto__: ${idRule}`],
    ['__proto__ as a vertex', having('vertices.__proto__', {}), `vertices.__proto__: ${idRule}`],
    ['__proto__ as a field', having('__proto__', { format: 1 }), '__proto__: unknown field'],
    ['__proto__ as an end', having('edges.a.from', '__proto__'), `edges.a.from: ${idRule}`],
    ['no format', without('format'), 'format: expected 1'],
    ['an older format', having('format', 0), 'format: expected 1'],
    ['null', null, 'expected object, received null'],
    ['an array', [], 'expected object, received array'],
  ])('%s', (_, json, message) => {
    expect(messageOf(() => parseDna(json, 'dna.json'))).toBe(`DNA_INVALID dna.json: ${message}`);
  });

  it('is told apart from one of a newer format, whatever else that may hold', () => {
    const newer = 'format 2 is newer than 1, the newest that this version reads: update Galapagos';
    expect(messageOf(() => parseDna({ format: 2, genes: [] }))).toBe(`DNA_NEWER DNA: format: ${newer}`);
  });
});

describe('a text', () => {
  it.each([
    ['', 'not JSON: Unexpected end of JSON input'],
    [formatDna(ladder()).slice(0, -30), /^not JSON: /],
    ['['.repeat(100_000), 'not JSON: Unexpected end of JSON input'],
    ['['.repeat(100_000) + ']'.repeat(100_000), 'expected object, received array'],
    [
      '{"edges":'.repeat(50_000) + '1' + '}'.repeat(50_000),
      /^format: expected 1; .*edges\.edges\.type: expected 'IDENTITY' or 'CONV'/,
    ],
    [formatDna(ladder()).replace('"edges": {', '"edges": {"__proto__": {},'), `edges.__proto__: ${idRule}`],
    [
      formatDna(ladder()).replace('"learningRate": 0.1', '"learningRate": 1e999'),
      'learningRate: expected number, received Infinity',
    ],
  ])('%.40s ... is refused', (text, message) => {
    const found = messageOf(() => parseDnaText(text, 'dna.json'));
    const prefix = 'DNA_INVALID dna.json: ';
    expect(found.startsWith(prefix)).toBe(true);
    if (typeof message === 'string') expect(found).toBe(prefix + message);
    else expect(found.slice(prefix.length)).toMatch(message);
  });

  it('of a DNA is read as it was written', () => {
    expect(parseDnaText(formatDna(ladder()), 'dna.json')).toEqual(ladder());
    expect(formatDna(ladder()).endsWith('}\n')).toBe(true);
  });

  it('may name a vertex as what every object has', () => {
    const dna = sketch({
      a: { from: 'input', to: 'constructor' },
      constructor: { from: 'constructor', to: 'output' },
    });
    expect(parseDnaText(formatDna(dna), 'dna.json')).toEqual(dna);
  });
});

describe('a DnaError', () => {
  it('lists its problems, each with its path', () => {
    const error = (() => {
      try {
        return parseDna({ ...ladder(), learningRate: -1, colour: 2 }, 'x');
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(DnaError);
    expect(error).toMatchObject({
      name: 'DnaError',
      code: 'DNA_INVALID',
      problems: [
        { path: 'learningRate', message: 'Too small: expected number to be >0' },
        { path: 'colour', message: 'unknown field' },
      ],
    });
  });

  it('has the problems that any schema of this kind finds', () => {
    const result = dnaSchema.safeParse({ ...ladder(), format: 'one' });
    expect(result.error && schemaProblems(result.error)).toEqual([{ path: 'format', message: 'expected 1' }]);
  });
});
