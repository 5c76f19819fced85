import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Arrays } from '../../packages/trainer/src/arrays.js';
import { decodeState, encodeState } from '../../packages/trainer/src/checkpoint.js';
import { WeightsFileError, decodeWeights, encodeWeights } from '../../packages/trainer/src/weights-file.js';
import { temporaryFolder } from './support.js';

fc.configureGlobal({ seed: 1703 });

const arrays: Arrays = new Map([
  ['a', { shape: [2, 3], values: Float32Array.of(1, -2, 3.5, NaN, Infinity, -0) }],
  ['edge/é/filter', { shape: [1], values: Float32Array.of(7) }],
  ['none', { shape: [0, 4], values: new Float32Array() }],
  ['scalar', { shape: [], values: Float32Array.of(0.1) }],
]);

const anyArrays = fc
  .uniqueArray(
    fc.record({
      name: fc.string().filter((name) => name !== '__metadata__' && name !== '__proto__'),
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
    }),
    { selector: ({ name }) => name },
  )
  .chain((specs) =>
    fc.tuple(
      ...specs.map(({ name, shape }) => {
        const size = shape.reduce((product, side) => product * side, 1);
        return fc
          .float32Array({ minLength: size, maxLength: size })
          .map((values) => [name, { shape, values }] as const);
      }),
    ),
  )
  .map((entries): Arrays => new Map(entries));

/** A file with any header and so many bytes of arrays. */
function fileWith(header: unknown, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const f32 = (shape: unknown, from: unknown, to: unknown) => ({
  dtype: 'F32',
  shape,
  data_offsets: [from, to],
});

describe('round trip', () => {
  test('any arrays and texts', () => {
    fc.assert(
      fc.property(
        anyArrays,
        fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
        (some, texts) => {
          const decoded = decodeWeights(encodeWeights(some, texts));
          expect(decoded.arrays).toEqual(some);
          expect(Object.entries(decoded.metadata)).toEqual(Object.entries(texts));
        },
      ),
    );
  });

  test('of bytes as the filesystem gives them: a Buffer, which begins anywhere', () => {
    const file = join(temporaryFolder(), 'weights');
    writeFileSync(file, encodeWeights(arrays));
    expect([...decodeWeights(readFileSync(file)).arrays]).toEqual([...arrays]);
    const shifted = new Uint8Array([...new Uint8Array(3), ...encodeWeights(arrays)]).subarray(3);
    expect([...decodeWeights(shifted).arrays]).toEqual([...arrays]);
  });

  test('what was decoded keeps no hold of the file', () => {
    const file = Buffer.from(encodeWeights(arrays));
    const decoded = decodeWeights(file).arrays;
    file.fill(0);
    expect([...decoded]).toEqual([...arrays]);
  });

  test('the header is as others read it: F32, in order, aligned to 8 bytes', () => {
    const file = encodeWeights(arrays, { key: 'text' });
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const text = new TextDecoder().decode(file.subarray(8, 8 + length));
    expect(text).toMatch(/^\{.*\} *$/);
    expect(JSON.parse(text)).toEqual({
      __metadata__: { key: 'text' },
      a: f32([2, 3], 0, 24),
      'edge/é/filter': f32([1], 24, 28),
      none: f32([0, 4], 28, 28),
      scalar: f32([], 28, 32),
    });
    expect(file.length).toBe(8 + length + 32);
  });

  test('a header of others, not aligned and in another order', () => {
    const file = fileWith({ b: f32([1], 4, 8), a: f32([1], 0, 4) }, 8);
    new DataView(file.buffer).setFloat32(file.length - 4, 2, true);
    new DataView(file.buffer).setFloat32(file.length - 8, 1, true);
    const decoded = decodeWeights(file).arrays;
    expect(decoded.get('a')?.values).toEqual(Float32Array.of(1));
    expect(decoded.get('b')?.values).toEqual(Float32Array.of(2));
  });
});

describe('refuses', () => {
  const whole = encodeWeights(arrays, { key: 'text' });

  test.each([
    ['nothing', new Uint8Array(), /shorter than its header/],
    [
      'a length beyond the file',
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 1),
      /shorter than its header/,
    ],
    ['no JSON', fileWith('{"a":'), /not JSON/],
    ['no UTF-8', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xff), /not JSON/],
    ['null', fileWith('null'), /not an object/],
    ['a list', fileWith('[]'), /not an object/],
    ['an array that is null', fileWith({ a: null }), /a: not a float32 array/],
    ['another type', fileWith({ a: { ...f32([1], 0, 2), dtype: 'F16' } }, 2), /a: not a float32 array/],
    ['a negative side', fileWith({ a: f32([-1], 0, 4) }, 4), /a: not a float32 array/],
    ['a fraction', fileWith({ a: f32([1.5], 0, 6) }, 6), /a: not a float32 array/],
    ['one offset', fileWith({ a: { dtype: 'F32', shape: [0], data_offsets: [0] } }), /a: its place/],
    [
      'three offsets',
      fileWith({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 8),
      /a: its place/,
    ],
    ['a shape too large', fileWith({ a: f32([2 ** 40, 2 ** 40], 0, 4) }, 4), /a: its place/],
    ['an end before the beginning', fileWith({ a: f32([1], 4, 0) }, 4), /a: its place/],
    ['a hole', fileWith({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /b: begins at 8, not at 4/],
    ['an overlap', fileWith({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), /b: begins at 4, not at 8/],
    ['bytes after the last', fileWith({ a: f32([1], 0, 4) }, 5), /5 bytes of arrays, not 4/],
    ['metadata of numbers', fileWith({ __metadata__: { a: 1 } }), /metadata are not texts/],
    ['metadata that are null', fileWith({ __metadata__: null }), /metadata are not texts/],
  ])('%s', (_name, file, message) => {
    expect(() => decodeWeights(file)).toThrow(WeightsFileError);
    expect(() => decodeWeights(file)).toThrow(message);
  });

  test('every file that was cut short', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeWeights(whole.subarray(0, length)), String(length)).toThrow(WeightsFileError);
    }
  });

  test('or reads, whatever bytes it is given, but never fails otherwise', () => {
    const outcome = (file: Uint8Array): string => {
      try {
        return `${decodeWeights(file).arrays.size} arrays`;
      } catch (error) {
        return error instanceof WeightsFileError ? 'refused' : `failed: ${String(error)}`;
      }
    };
    const headers = fc.oneof(
      fc.json(),
      fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    fc.assert(fc.property(fc.uint8Array(), (file) => void expect(outcome(file)).not.toMatch('failed')));
    fc.assert(
      fc.property(
        headers,
        fc.nat(64),
        (json, size) => void expect(outcome(fileWith(json, size))).not.toMatch('failed'),
      ),
    );
    const changed = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
      const file = whole.slice();
      file[at] = byte;
      return file;
    });
    fc.assert(fc.property(changed, (file) => void expect(outcome(file)).not.toMatch('failed')));
  });
});

describe('a checkpoint', () => {
  const state = {
    step: 12,
    seconds: 1.25,
    flops: 1e15,
    stream: { epoch: [1, 2, 3, 4], position: 5, random: [6, 7, 8, 2 ** 32 - 1] },
    backends: ['wasm simd128'],
    curve: [
      [6, 2.3],
      [12, 2.1],
    ],
    arrays,
  } as const;

  test('comes back as it was', () => {
    expect(decodeState(encodeState(state))).toEqual(state);
  });

  test('of an older version does not say which back ends trained it', () => {
    const old = { ...state, arrays: undefined, backends: undefined };
    const file = encodeWeights(arrays, { state: JSON.stringify(old) });
    expect(decodeState(file)).toEqual({ ...state, backends: [] });
  });

  test('of another trainer has no state to go on from', () => {
    expect(decodeState(encodeWeights(arrays))).toBeUndefined();
  });

  test.each([
    ['no JSON', encodeWeights(arrays, { state: '{' }), /not a checkpoint/],
    ['a field too few', encodeWeights(arrays, { state: '{"step":1}' }), /not a checkpoint[^]*seconds/],
  ])('is not %s', (_name, file, message) => {
    expect(() => decodeState(file)).toThrow(WeightsFileError);
    expect(() => decodeState(file)).toThrow(message);
  });
});
