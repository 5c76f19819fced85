import { DataStorage, engine, util } from '@tensorflow/tfjs-core';
import type { DataType, TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { backendName, instantiateKernels, type Engine } from './engine.js';
import { KernelError } from './errors.js';
import { Heap } from './heap.js';
import type { KernelExports, Pointer } from './kernels-module.js';

const NOT_IN_HEAP = 0;
const FLOAT_BYTES = 4;

/**
 * The values of a tensor, in one of two places.
 *
 * - in JavaScript, where stock kernels and users put them;
 * - in the heap, where our kernels put them, and where they move for good once one of our kernels has needed them.
 */
class TensorRecord {
  refCount: number;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  offset: Pointer = NOT_IN_HEAP;
  bytes = 0;
  private array: backend_util.BackendValues | undefined;
  private generation = 0;

  constructor(
    private readonly heap: Heap,
    readonly dtype: DataType,
    values: backend_util.BackendValues | undefined,
    refCount = 1,
  ) {
    this.refCount = refCount;
    this.array = values;
  }

  /** What stock kernels read: for a tensor in the heap a view, valid until the next allocation. */
  get values(): backend_util.BackendValues {
    if (
      this.offset !== NOT_IN_HEAP &&
      (this.array === undefined || this.generation !== this.heap.generation)
    ) {
      this.array = this.view();
      this.generation = this.heap.generation;
    }
    return this.array as backend_util.BackendValues;
  }

  /** Reserves the place of a new tensor, its values still undefined. */
  reserve(bytes: number): Pointer {
    this.offset = this.heap.allocate(bytes);
    this.bytes = bytes;
    return this.offset;
  }

  moveIntoHeap(): Pointer {
    // Stock kernels may keep int32 numbers in a Float32Array: what counts is how many there are.
    const values = this.array as Float32Array | Int32Array;
    this.reserve(values.length * FLOAT_BYTES);
    this.array = undefined;
    (this.values as Float32Array | Int32Array).set(values);
    return this.offset;
  }

  release(): void {
    if (this.offset !== NOT_IN_HEAP) this.heap.free(this.offset, this.bytes);
    this.offset = NOT_IN_HEAP;
    this.array = undefined;
  }

  private view(): Float32Array | Int32Array {
    const View = this.dtype === 'int32' ? Int32Array : Float32Array;
    return new View(this.heap.buffer, this.offset, this.bytes / FLOAT_BYTES);
  }
}

/** A tensor that one of our kernels is about to fill. */
export interface Output extends TensorInfo {
  offset: Pointer;
}

/**
 * TensorFlow.js' `cpu` back end with part of its tensors in the memory of our kernels.
 *
 * Stock kernels work on it unchanged. Like with every back end whose memory is not JavaScript's, a tensor that is
 * neither disposed nor made inside `tf.tidy` keeps its memory.
 */
export class SimdBackend extends MathBackendCPU {
  readonly engine: Engine;
  readonly kernels: KernelExports;
  readonly heap: Heap;
  declare data: DataStorage<TensorRecord>;
  /** What the kernel that runs has made. */
  #made: Output[] = [];

  /** @throws KernelError `BACKEND` when the engine is not there. */
  constructor(kind: Engine) {
    super();
    const { kernels, memory, base } = instantiateKernels(kind);
    this.engine = kind;
    this.kernels = kernels;
    this.heap = new Heap(memory, base);
    this.data = new DataStorage<TensorRecord>(this, engine());
  }

  override write(values: backend_util.BackendValues, _shape: number[], dtype: DataType): object {
    const dataId = {};
    this.data.set(dataId, new TensorRecord(this.heap, dtype, this.own(values)));
    return dataId;
  }

  override move(
    dataId: object,
    values: backend_util.BackendValues,
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.data.set(dataId, new TensorRecord(this.heap, dtype, this.own(values), refCount));
  }

  /** A copy where `cpu` gives the array itself: the place in the heap is reused after the tensor is disposed. */
  override readSync(dataId: object): backend_util.BackendValues {
    const record = this.data.get(dataId);
    if (record.offset === NOT_IN_HEAP) return super.readSync(dataId);
    return (record.values as Float32Array | Int32Array).slice();
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const record = this.data.get(dataId);
    const isLast = force || record.refCount <= 1;
    if (isLast) record.release();
    return super.disposeData(dataId, force);
  }

  /** Where the values of a tensor are in the heap; moves them there if they are not. float32 and int32 only. */
  pointer(tensor: TensorInfo): Pointer {
    const record = this.data.get(tensor.dataId);
    return record.offset === NOT_IN_HEAP ? record.moveIntoHeap() : record.offset;
  }

  /** A new float32 tensor in the heap, its values undefined. */
  output(shape: number[]): Output {
    const record = new TensorRecord(this.heap, 'float32', undefined);
    const offset = record.reserve(util.sizeFromShape(shape) * FLOAT_BYTES);
    const dataId = {};
    this.data.set(dataId, record);
    const output: Output = { dataId, shape, dtype: 'float32', offset };
    this.#made.push(output);
    return output;
  }

  /** Runs one of our kernels. Where it throws, for want of memory perhaps, nothing that it made is left behind. */
  runKernel<Result>(kernel: () => Result): Result {
    this.#made = [];
    try {
      return kernel();
    } catch (error) {
      for (const output of this.#made) this.disposeIntermediateTensorInfo(output);
      throw error;
    } finally {
      this.#made = [];
    }
  }

  /** Room for so many floats, until the next call of this method. */
  scratch(floats: number): Pointer {
    return this.heap.scratch(floats * FLOAT_BYTES);
  }

  /** Bytes of the kernels' memory, and how many of them belong to living tensors and scratch. */
  heapUsage(): { byteLength: number; bytesInUse: number } {
    return { byteLength: this.heap.byteLength, bytesInUse: this.heap.bytesInUse };
  }

  /**
   * Stock kernels may hand back a piece of an input's array (a contiguous slice does). A piece of the heap would change
   * under them once the input is disposed.
   */
  private own(values: backend_util.BackendValues): backend_util.BackendValues {
    const isView = ArrayBuffer.isView(values) && values.buffer === this.heap.buffer;
    return isView ? (values as Float32Array).slice() : values;
  }
}

/**
 * The selected back end.
 *
 * @throws KernelError `BACKEND` when it is another one
 */
export function currentSimdBackend(): SimdBackend {
  const { backend } = engine();
  if (backend instanceof SimdBackend) return backend;
  throw new KernelError(
    'BACKEND',
    `the selected back end is '${engine().backendName}': call tf.setBackend('${backendName('wasm')}') or '${backendName('native')}'`,
  );
}
