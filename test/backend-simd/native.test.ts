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
  let heap: Heap;

  beforeAll(() => {
    instance = instantiateKernels('native');
    heap = new Heap(instance.memory, instance.base);
  });

  it('refuses pointers and counts that cannot be', () => {
    const { kernels, memory } = instance;
    const end = memory.buffer.byteLength;
    const here = heap.allocate(16);
    for (const bad of [-4, 2, 66, 64.5, end, end + 4, 2 ** 40, NaN, Infinity]) {
      expect(() => kernels.add(here, here, 4, bad)).toThrow(RangeError);
    }
    for (const bad of [-1, 0.5, NaN, 2 ** 60])
      expect(() => kernels.add(here, here, bad, here)).toThrow(RangeError);
    for (const bad of [2 ** 31, 0.5, NaN]) expect(() => kernels.dense_scratch(bad, 1, 1)).toThrow(RangeError);
    const missing = undefined as unknown as number;
    expect(() => kernels.add(here, here, 4, missing)).toThrow(/argument 3 of add/);
  });

  it('detaches what was before a growth, and keeps what it held', () => {
    const { kernels, memory } = instance;
    const [from, to] = [heap.allocate(16), heap.allocate(16)];
    const before = memory.buffer;
    new Float32Array(before, from, 4).fill(2);
    const large = heap.allocate(before.byteLength);
    expect(before.byteLength).toBe(0);
    kernels.add(from, from, 4, to);
    expect([...new Float32Array(memory.buffer, to, 4)]).toEqual([4, 4, 4, 4]);
    heap.free(large, before.byteLength);
  });

  it('cannot grow beyond what it reserved, and goes on as it was', () => {
    const { memory } = instance;
    const { byteLength } = memory.buffer;
    expect(() => memory.grow(2 ** 30)).toThrow(RangeError);
    expect(() => memory.grow(-1)).toThrow(RangeError);
    expect(memory.buffer.byteLength).toBe(byteLength);
    const full = expect.objectContaining({ code: 'OUT_OF_MEMORY' }) as Error;
    expect(() => heap.allocate(2 ** 46)).toThrow(full);
    expect(heap.allocate(2 ** 20)).toBeGreaterThan(0);
  });

  it('gives back what is free, and has it again when it is asked for', () => {
    const { memory } = instance;
    const bytes = 128 * 2 ** 20;
    const large = heap.allocate(bytes);
    new Uint8Array(memory.buffer, large, bytes).fill(1);
    const kept = heap.allocate(64);
    new Uint8Array(memory.buffer, kept, 64).fill(7);
    const full = process.memoryUsage.rss();
    heap.free(large, bytes);
    heap.trim();
    expect(full - process.memoryUsage.rss()).toBeGreaterThan(0.9 * bytes);
    expect([...new Uint8Array(memory.buffer, kept, 64)]).toEqual(Array<number>(64).fill(7));
    const again = heap.allocate(bytes);
    new Uint8Array(memory.buffer, again, bytes).fill(2);
    heap.free(again, bytes);
    for (const [offset, size] of [
      [-1, 1],
      [0, 2 ** 46],
      [0.5, 1],
      [NaN, 1],
    ] as const)
      expect(() => memory.discard?.(offset, size)).toThrow(RangeError);
  });

  it('has memories that do not know of each other', () => {
    const other = instantiateKernels('native');
    const theirs = new Heap(other.memory, other.base).allocate(4);
    const ours = heap.allocate(4);
    new Float32Array(instance.memory.buffer, ours, 1)[0] = 1;
    new Float32Array(other.memory.buffer, theirs, 1)[0] = 2;
    other.kernels.zero(theirs, 1);
    expect(new Float32Array(instance.memory.buffer, ours, 1)[0]).toBe(1);
    expect(new Float32Array(other.memory.buffer, theirs, 1)[0]).toBe(0);
  });

  it('uses as many threads as it is told', () => {
    expect(instance.kernels.set_threads(2)).toBe(2);
    expect(instance.kernels.set_threads(0)).toBe(1);
  });
});
