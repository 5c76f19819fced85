import { readFileSync } from 'node:fs';
import { SeededRandom, dnaSchema, graphProblems, integer, parseDna, pick } from '@galapagos/dna';
import type { Dna } from '@galapagos/dna';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyGrownDna, anyRandomDna, anySeed } from './samples.js';

const file = new URL('../../packages/dna/dna.schema.json', import.meta.url);
const published = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
const accepts = new Ajv2020({ strict: true }).compile(published);

type Json = Record<string, unknown>;

/** What a field may be corrupted to; undefined: it is taken away. */
const corruptions: unknown[] = [
  ...[
    undefined,
    null,
    true,
    false,
    '',
    'v1',
    'V1',
    'a'.repeat(33),
    '__proto__',
    'constructor',
    'CONV',
    'LINEAR',
    'IDENTITY',
  ],
  ...[
    'BN_RELU',
    -1,
    0,
    0.5,
    1,
    1.5,
    2,
    1e300,
    -1e300,
    2 ** 53,
    2 ** 53 - 1,
    {},
    [],
    ['v1'],
    [1],
    { type: 'CONV' },
  ],
];

/** A copy with one field, anywhere, set to something else, taken away, or added. */
function corrupted(dna: Dna, seed: string): unknown {
  const random = new SeededRandom(seed);
  const copy = JSON.parse(JSON.stringify(dna)) as Json;
  const fields: [Json, string][] = [];
  const visit = (owner: Json): void => {
    for (const [key, value] of Object.entries(owner)) {
      fields.push([owner, key]);
      if (typeof value === 'object' && value !== null) visit(value as Json);
    }
  };
  visit(copy);
  const [owner, key] = pick(random, fields) ?? [copy, 'format'];
  const value = corruptions[integer(random, corruptions.length)];
  const name = random.next() < 0.2 ? (pick(random, ['colour', '__proto__', 'leakiness', 'V9']) ?? key) : key;
  Object.defineProperty(owner, name, { value, enumerable: true, configurable: true, writable: true });
  return JSON.parse(JSON.stringify(copy));
}

function parses(json: unknown): boolean {
  try {
    parseDna(json);
    return true;
  } catch {
    return false;
  }
}

describe('the published JSON Schema', () => {
  it('is what the code says (else: npx tsc --build && node scripts/schemas.mjs)', () => {
    const { $id, title, ...rest } = published;
    expect($id).toBe('urn:galapagos:dna:1');
    expect(title).toBe('Galapagos DNA');
    expect(rest).toEqual(dnaSchema.toJSONSchema());
  });

  it('accepts every valid DNA', () => {
    fc.assert(
      fc.property(fc.oneof(anyGrownDna, anyRandomDna), (dna) => {
        expect(accepts(JSON.parse(JSON.stringify(dna)))).toBe(true);
        expect(parses(dna)).toBe(true);
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  it('agrees with parseDna on corrupted ones, the rules of the graph aside', () => {
    const counts = { accepted: 0, refused: 0, graph: 0 };
    fc.assert(
      fc.property(anyRandomDna, anySeed, (dna, seed) => {
        const json = corrupted(dna, seed);
        const schema = accepts(json);
        const graph = schema && graphProblems(json as Dna).length > 0;
        expect(parses(json)).toBe(schema && !graph);
        counts[graph ? 'graph' : schema ? 'accepted' : 'refused']++;
      }),
      { seed: 13, numRuns: 3000 },
    );
    expect(Math.min(counts.accepted, counts.refused, counts.graph)).toBeGreaterThan(50);
  });
});
