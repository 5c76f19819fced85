import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../packages/backend-simd/src/heap.js';
import type { KernelMemory } from '../../packages/backend-simd/src/kernels-module.js';

const PAGE = 65536;

/** Counts pages instead of having them. */
class FakeMemory implements KernelMemory {
  constructor(
    private pages: number,
    private readonly maximum: number,
  ) {}

  get buffer(): ArrayBuffer {
    return { byteLength: this.pages * PAGE } as ArrayBuffer;
  }

  grow(pages: number): void {
    if (this.pages + pages > this.maximum) throw new RangeError('too many pages');
    this.pages += pages;
  }
}

const sizes = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 10_000, max: 20_000 }),
  fc.integer({ min: 1, max: 400_000 }),
);

describe('the heap', () => {
  it('never hands out the same byte twice, and takes everything back', () => {
    const steps = fc.array(fc.tuple(sizes, fc.boolean(), fc.nat()), { maxLength: 120 });
    fc.assert(
      fc.property(steps, (all) => {
        const heap = new Heap(new FakeMemory(4, 10_000), 1000);
        const live: { offset: number; bytes: number }[] = [];
        for (const [bytes, frees, which] of all) {
          const offset = heap.allocate(bytes);
          expect(offset % 64).toBe(0);
          expect(offset).toBeGreaterThanOrEqual(1000);
          expect(offset + bytes).toBeLessThan(heap.byteLength);
          for (const other of live) {
            const apart = offset + bytes <= other.offset || other.offset + other.bytes <= offset;
            expect(apart || bytes === 0 || other.bytes === 0).toBe(true);
          }
          live.push({ offset, bytes });
          if (!frees) continue;
          const [freed] = live.splice(which % live.length, 1) as [{ offset: number; bytes: number }];
          heap.free(freed.offset, freed.bytes);
        }
        for (const { offset, bytes } of live) heap.free(offset, bytes);
        expect(heap.bytesInUse).toBe(0);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('grows by no more than what the free end of the memory lacks', () => {
    const heap = new Heap(new FakeMemory(1, 40), 0);
    for (const pages of [20, 30, 38]) heap.free(heap.allocate(pages * PAGE), pages * PAGE);
    expect(heap.byteLength).toBeLessThanOrEqual(39 * PAGE);
    expect(() => heap.allocate(40 * PAGE)).toThrow(/no room/);
  });

  it('joins what was freed, in whatever order, and uses it for other sizes', () => {
    const heap = new Heap(new FakeMemory(1, 10_000), 0);
    const blocks = Array.from({ length: 8 }, () => heap.allocate(100_000));
    const grown = heap.byteLength;
    for (const i of [3, 1, 2, 7, 0, 6, 4, 5]) heap.free(blocks[i] as number, 100_000);
    heap.free(heap.allocate(700_000), 700_000);
    expect(heap.byteLength).toBe(grown);
  });

  it('does not grow when the same sizes come again', () => {
    const heap = new Heap(new FakeMemory(1, 10_000), 0);
    const round = (batch: number) => {
      const bytes = [40, 1000, 30_000, 123_456].map((n) => n * batch);
      const offsets = bytes.map((n) => heap.allocate(n));
      heap.scratch(10_000 * batch);
      offsets.forEach((offset, i) => heap.free(offset, bytes[i] as number));
    };
    for (const batch of [50, 17, 200]) round(batch);
    const { byteLength, bytesInUse } = heap;
    for (let i = 0; i < 100; i++) round([50, 17, 200][i % 3] as number);
    expect([heap.byteLength, heap.bytesInUse]).toEqual([byteLength, bytesInUse]);
  });

  it('says so when there is no more memory, and can still be used', () => {
    const heap = new Heap(new FakeMemory(1, 10), 0);
    const refusal = expect.objectContaining({ name: 'KernelError', code: 'OUT_OF_MEMORY' }) as Error;
    expect(() => heap.allocate(11 * PAGE)).toThrow(refusal);
    expect(heap.bytesInUse).toBe(0);
    expect(heap.allocate(5 * PAGE)).toBeGreaterThanOrEqual(0);
  });
});
