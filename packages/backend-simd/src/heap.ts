import { KernelError } from './errors.js';
import { PAGE_BYTES, type Pointer, type KernelMemory } from './kernels-module.js';

/** Every block begins at, and is a multiple of, one cache line. */
const ALIGNMENT = 64;
/** Blocks below this many bytes come from free lists by exact size, the others from one list of gaps. */
const SMALL_BYTES = 16 * 1024;
/** Small blocks are carved from slabs, so that they do not fragment the space of the large ones. */
const SLAB_BYTES = 256 * 1024;
/** Kernels load whole vectors and may read (never write) this far beyond a tensor. */
const TAIL_BYTES = 1024;

/** A free stretch of memory: `[offset, offset + bytes)`. */
interface Gap {
  offset: Pointer;
  bytes: number;
}

/**
 * Hands out blocks of the kernels' memory.
 *
 * A training step asks for the same sizes again and again, so small blocks are kept by size for reuse. Large ones are
 * cut from the smallest gap that holds them, and neighbouring gaps are joined again when they are freed: batches of
 * other sizes (the last one of an epoch, validation) reuse the same memory. The memory itself only ever grows; what is
 * free of it goes back to the system when {@link Heap.trim} is called.
 */
export class Heap {
  /** Changes whenever the memory has grown, which detaches every view of it made before. */
  generation = 0;
  /** Bytes in blocks that are not free. */
  bytesInUse = 0;

  private readonly small = new Map<number, Pointer[]>();
  /** By offset, never adjacent. */
  private readonly gaps: Gap[];
  private slab: Gap = { offset: 0, bytes: 0 };
  private end: Pointer;
  private readonly guardBytes: number;
  private scratchBlock: Gap = { offset: 0, bytes: 0 };

  constructor(
    private readonly memory: KernelMemory,
    base: Pointer,
  ) {
    const start = roundUp(base);
    this.guardBytes = memory.guard?.bytes ?? 0;
    this.end = memory.buffer.byteLength - TAIL_BYTES;
    this.gaps = [{ offset: start, bytes: this.end - start }];
  }

  /** Bytes of the memory, free blocks included. */
  get byteLength(): number {
    return this.memory.buffer.byteLength;
  }

  get buffer(): ArrayBuffer {
    return this.memory.buffer;
  }

  /**
   * Returns a block of at least `bytes`, with whatever it holds.
   *
   * @throws KernelError `OUT_OF_MEMORY` when neither the heap nor the system has room
   */
  allocate(bytes: number): Pointer {
    const size = roundUp(Math.max(bytes, 1)) + this.guardBytes;
    const offset = size < SMALL_BYTES ? this.allocateSmall(size) : this.allocateLarge(size);
    this.bytesInUse += size - this.guardBytes;
    this.memory.guard?.mark(offset, bytes, true);
    return offset;
  }

  /** Takes back a block that `allocate(bytes)` returned. */
  free(offset: Pointer, bytes: number): void {
    const size = roundUp(Math.max(bytes, 1)) + this.guardBytes;
    this.bytesInUse -= size - this.guardBytes;
    this.memory.guard?.mark(offset, size, false);
    if (size < SMALL_BYTES) this.freeList(size).push(offset);
    else this.insertGap(offset, size);
  }

  /** Lets the system have what is not in use, where the engine can: for after something large. */
  trim(): void {
    this.freeScratch();
    for (const { offset, bytes } of this.gaps) this.memory.discard?.(offset, bytes);
  }

  /** Memory for the length of one kernel call. There is one such block: a second call takes the first one's place. */
  scratch(bytes: number): Pointer {
    if (bytes > this.scratchBlock.bytes) {
      this.freeScratch();
      this.scratchBlock = { offset: this.allocate(bytes), bytes };
    }
    this.memory.guard?.mark(this.scratchBlock.offset, this.scratchBlock.bytes, false);
    this.memory.guard?.mark(this.scratchBlock.offset, bytes, true);
    return this.scratchBlock.offset;
  }

  private freeScratch(): void {
    const { offset, bytes } = this.scratchBlock;
    if (bytes > 0) this.free(offset, bytes);
    this.scratchBlock = { offset: 0, bytes: 0 };
  }

  private freeList(size: number): Pointer[] {
    let list = this.small.get(size);
    if (list === undefined) this.small.set(size, (list = []));
    return list;
  }

  private allocateSmall(size: number): Pointer {
    const reused = this.freeList(size).pop();
    if (reused !== undefined) return reused;
    if (this.slab.bytes < size) {
      // What is left of the old slab is smaller than a small block: it goes to the list of its size.
      if (this.slab.bytes > 0) this.freeList(this.slab.bytes).push(this.slab.offset);
      this.slab = { offset: this.allocateLarge(SLAB_BYTES), bytes: SLAB_BYTES };
    }
    const offset = this.slab.offset;
    this.slab.offset += size;
    this.slab.bytes -= size;
    return offset;
  }

  private allocateLarge(size: number): Pointer {
    const index = this.smallestGap(size);
    const gap = this.gaps[index];
    if (gap === undefined) {
      this.grow(size);
      return this.allocateLarge(size);
    }
    const offset = gap.offset;
    gap.offset += size;
    gap.bytes -= size;
    if (gap.bytes === 0) this.gaps.splice(index, 1);
    return offset;
  }

  /** Index of the smallest gap of at least `size` bytes, or -1. */
  private smallestGap(size: number): number {
    let best = -1;
    let bestBytes = Infinity;
    for (let i = 0; i < this.gaps.length; i++) {
      const { bytes } = this.gaps[i] as Gap;
      if (bytes >= size && bytes < bestBytes) {
        best = i;
        bestBytes = bytes;
      }
    }
    return best;
  }

  private insertGap(offset: Pointer, bytes: number): void {
    let low = 0;
    let high = this.gaps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.gaps[middle] as Gap).offset < offset) low = middle + 1;
      else high = middle;
    }
    const before = this.gaps[low - 1];
    const after = this.gaps[low];
    const joinsBefore = before !== undefined && before.offset + before.bytes === offset;
    const joinsAfter = after !== undefined && offset + bytes === after.offset;
    if (joinsBefore) {
      before.bytes += bytes + (joinsAfter ? after.bytes : 0);
      if (joinsAfter) this.gaps.splice(low, 1);
    } else if (joinsAfter) {
      after.offset = offset;
      after.bytes += bytes;
    } else {
      this.gaps.splice(low, 0, { offset, bytes });
    }
  }

  private grow(size: number): void {
    // What is free at the end is part of it: else a network somewhat larger than the one before it would need room for both.
    const last = this.gaps.at(-1);
    const open = last !== undefined && last.offset + last.bytes === this.end ? last.bytes : 0;
    const pages = Math.ceil((size - open) / PAGE_BYTES);
    try {
      this.memory.grow(pages);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new KernelError(
        'OUT_OF_MEMORY',
        `no room for ${size} bytes more: ${this.bytesInUse} bytes of ${this.byteLength} are in use`,
      );
    }
    this.generation++;
    this.insertGap(this.end, pages * PAGE_BYTES);
    this.end += pages * PAGE_BYTES;
  }
}

function roundUp(bytes: number): number {
  // Not with bit operations: offsets reach 4 GiB and more.
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
