/** The memory of one instance of the kernels, with the manners of a WebAssembly.Memory. */
export interface KernelMemory {
  /** Another one after each growth; the old one is detached. */
  readonly buffer: ArrayBuffer;
  /** Thrown is a RangeError when there is no more. */
  grow(pages: number): void;
  /** Gives the memory in there back to the system, until it is next used: what it held is lost. WebAssembly cannot. */
  discard?(offset: Pointer, bytes: number): void;
  /** Only where an address sanitizer watches. */
  readonly guard?: MemoryGuard | undefined;
}

/** Tells an address sanitizer what of the memory may be used. */
export interface MemoryGuard {
  /** To be left free behind each block; a multiple of 64. */
  readonly bytes: number;
  mark(offset: Pointer, bytes: number, isInUse: boolean): void;
}

/** The unit in which the memory grows. */
export const PAGE_BYTES = 65536;
/** Pages of a memory at first. */
export const INITIAL_PAGES = 64;

/** Byte offset in the memory of the kernels. */
export type Pointer = number;

/** The functions of kernels/exports.h. Counts are elements, scratch sizes are floats; see kernels/*.h for the formulas. */
export interface KernelExports {
  /** How many threads the kernels called from this thread may use. Returns what it is now: always 1 in WebAssembly. */
  set_threads(threads: number): number;
  zero(p: Pointer, n: number): void;
  add(a: Pointer, b: Pointer, n: number, out: Pointer): void;
  convolution_scratch(geometry: Pointer): number;
  convolution(geometry: Pointer, x: Pointer, filter: Pointer, y: Pointer, scratch: Pointer): void;
  convolution_input_gradient_scratch(geometry: Pointer): number;
  convolution_input_gradient(
    geometry: Pointer,
    dy: Pointer,
    filter: Pointer,
    dx: Pointer,
    scratch: Pointer,
  ): void;
  convolution_filter_gradient_scratch(geometry: Pointer): number;
  convolution_filter_gradient(
    geometry: Pointer,
    x: Pointer,
    dy: Pointer,
    dw: Pointer,
    scratch: Pointer,
  ): void;
  batch_normalization_scratch(channels: number): number;
  batch_normalization(
    x: Pointer,
    rows: number,
    channels: number,
    gamma: Pointer,
    beta: Pointer,
    epsilon: number,
    leakiness: number,
    y: Pointer,
    mean: Pointer,
    variance: Pointer,
    scratch: Pointer,
  ): void;
  batch_normalization_inference(
    x: Pointer,
    rows: number,
    channels: number,
    gamma: Pointer,
    beta: Pointer,
    mean: Pointer,
    variance: Pointer,
    epsilon: number,
    leakiness: number,
    y: Pointer,
    scratch: Pointer,
  ): void;
  batch_normalization_gradient(
    dy: Pointer,
    x: Pointer,
    rows: number,
    channels: number,
    gamma: Pointer,
    beta: Pointer,
    mean: Pointer,
    variance: Pointer,
    epsilon: number,
    leakiness: number,
    dx: Pointer,
    dgamma: Pointer,
    dbeta: Pointer,
    scratch: Pointer,
  ): void;
  resize_nearest(
    x: Pointer,
    batch: number,
    height: number,
    width: number,
    channels: number,
    outHeight: number,
    outWidth: number,
    y: Pointer,
  ): void;
  resize_nearest_gradient(
    dy: Pointer,
    batch: number,
    height: number,
    width: number,
    channels: number,
    outHeight: number,
    outWidth: number,
    dx: Pointer,
  ): void;
  match_channels(x: Pointer, pixels: number, from: number, to: number, y: Pointer): void;
  global_average_pool_scratch(channels: number): number;
  global_average_pool(
    x: Pointer,
    batch: number,
    pixels: number,
    channels: number,
    y: Pointer,
    scratch: Pointer,
  ): void;
  global_average_pool_gradient(
    dy: Pointer,
    batch: number,
    pixels: number,
    channels: number,
    dx: Pointer,
    scratch: Pointer,
  ): void;
  dense_scratch(rows: number, inputs: number, outputs: number): number;
  dense(
    x: Pointer,
    rows: number,
    inputs: number,
    outputs: number,
    kernel: Pointer,
    bias: Pointer,
    y: Pointer,
    scratch: Pointer,
  ): void;
  dense_gradient(
    dy: Pointer,
    x: Pointer,
    rows: number,
    inputs: number,
    outputs: number,
    kernel: Pointer,
    dx: Pointer,
    dkernel: Pointer,
    dbias: Pointer,
    scratch: Pointer,
  ): void;
  softmax_cross_entropy(
    logits: Pointer,
    labels: Pointer,
    rows: number,
    classes: number,
    probabilities: Pointer,
    loss: Pointer,
  ): number;
  softmax_cross_entropy_gradient(
    probabilities: Pointer,
    labels: Pointer,
    rows: number,
    classes: number,
    dloss: Pointer,
    dlogits: Pointer,
  ): void;
  count_correct(logits: Pointer, labels: Pointer, rows: number, classes: number): number;
  sgd_momentum(
    variable: Pointer,
    momentum: Pointer,
    gradient: Pointer,
    n: number,
    rate: number,
    decay: number,
    weightDecay: number,
  ): void;
  /** Floats that CONVOLUTION gathers its statistics in. */
  stats_floats(channels: number): number;
  /** Bytes of scratch that a run of the program needs, with the present number of threads. */
  program_scratch(program: Pointer): number;
  /** -1 if every instruction fits its operands and stays inside the memory; else the first that does not. */
  program_check(program: Pointer, integers: number, memoryBytes: number): number;
  /** `memory` is where line 0 is: 0. */
  program_run(memory: Pointer, program: Pointer, first: number, count: number): void;
}

/** One instance of the kernels. */
export interface KernelInstance {
  readonly kernels: KernelExports;
  readonly memory: KernelMemory;
  /** Where the memory is free from; above 0. */
  readonly base: Pointer;
}
