import { nativeEngine } from '@galapagos/backend-simd';
import { beforeAll, describe, expect, it } from 'vitest';
import { instantiateKernels } from '../../packages/backend-simd/src/engine.js';
import { Heap } from '../../packages/backend-simd/src/heap.js';

const found = nativeEngine();

it('the native engine is there, or says why not', (context) => {
  if (!found.available) context.skip(found.reason);
  expect(found).toMatchObject({ isa: expect.stringMatching(/^(baseline|avx2|avx512|neon)$/) as string });
});

describe.skipIf(!found.available)('the native engine', () => {
  let instance: ReturnType<typeof instantiateKernels>;

  beforeAll(() => {
    instance = instantiateKernels('native');
  });

  it('refuses pointers and counts that cannot be', () => {
    const { kernels, memory } = instance;
    const end = memory.buffer.byteLength;
    for (const bad of [-4, 2, 66, 64.5, end, end + 4, 2 ** 40, NaN, Infinity]) {
      expect(() => kernels.add(64, 64, 4, bad)).toThrow(RangeError);
    }
    for (const bad of [-1, 0.5, NaN, 2 ** 60])
      expect(() => kernels.add(64, 64, bad, 128)).toThrow(RangeError);
    for (const bad of [2 ** 31, 0.5, NaN]) expect(() => kernels.dense_scratch(bad, 1, 1)).toThrow(RangeError);
    expect(() => kernels.add(64, 64, 4, undefined as unknown as number)).toThrow(/argument 3 of add/);
  });

  it('detaches what was before a growth, and keeps what it held', () => {
    const { kernels, memory } = instance;
    const before = memory.buffer;
    new Float32Array(before, 1024, 4).fill(2);
    memory.grow(3);
    expect(before.byteLength).toBe(0);
    kernels.add(1024, 1024, 4, 2048);
    expect([...new Float32Array(memory.buffer, 2048, 4)]).toEqual([4, 4, 4, 4]);
  });

  it('cannot grow beyond what it reserved, and goes on as it was', () => {
    const { memory } = instance;
    const { byteLength } = memory.buffer;
    expect(() => memory.grow(2 ** 30)).toThrow(RangeError);
    expect(() => memory.grow(-1)).toThrow(RangeError);
    expect(memory.buffer.byteLength).toBe(byteLength);
    const heap = new Heap(memory, 64);
    expect(heap.allocate(2 ** 20)).toBeGreaterThan(0);
  });

  it('has memories that do not know of each other', () => {
    const other = instantiateKernels('native');
    new Float32Array(instance.memory.buffer, 64, 1)[0] = 1;
    new Float32Array(other.memory.buffer, 64, 1)[0] = 2;
    other.kernels.zero(64, 1);
    expect(new Float32Array(instance.memory.buffer, 64, 1)[0]).toBe(1);
  });

  it('uses as many threads as it is told', () => {
    expect(instance.kernels.set_threads(2)).toBe(2);
    expect(instance.kernels.set_threads(0)).toBe(1);
  });
});
