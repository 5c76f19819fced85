import { KernelError } from '../errors.js';
import type { Heap } from '../heap.js';
import type { Pointer } from '../kernels-module.js';
import { LINE_BYTES } from './parameter-layout.js';

/** The block of the heap that belongs to a network. Places in it are lines from its beginning. */
export class NetworkMemory {
  readonly #heap: Heap;
  readonly #base: Pointer;
  #isFreed = false;

  /** @throws KernelError `OUT_OF_MEMORY` when the heap has no room. */
  constructor(
    heap: Heap,
    private readonly lines: number,
  ) {
    this.#heap = heap;
    this.#base = heap.allocate(this.byteLength);
  }

  get byteLength(): number {
    return this.lines * LINE_BYTES;
  }

  /** Its first line among those of the whole heap. */
  get base(): number {
    return this.#base / LINE_BYTES;
  }

  // Through here goes all that is read and written: afterwards the memory is another's.
  pointer(line: number): Pointer {
    if (this.#isFreed) throw new KernelError('VALUE', 'the network was disposed');
    return this.#base + line * LINE_BYTES;
  }

  floats(line: number, length: number): Float32Array {
    return new Float32Array(this.#heap.buffer, this.pointer(line), length);
  }

  ints(line: number, length: number): Int32Array {
    return new Int32Array(this.#heap.buffer, this.pointer(line), length);
  }

  bytes(line: number, length: number): Uint8Array {
    return new Uint8Array(this.#heap.buffer, this.pointer(line), length);
  }

  /** Idempotent. */
  free(): void {
    if (this.#isFreed) return;
    this.#isFreed = true;
    this.#heap.free(this.#base, this.byteLength);
    this.#heap.trim();
  }
}
