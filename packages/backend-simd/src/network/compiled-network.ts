import { requireCount, sameShape } from '../checks.js';
import { KernelError } from '../errors.js';
import type { SgdOptions } from '../operations.js';
import { type SimdBackend, currentSimdBackend } from '../simd-backend.js';
import { type Batches, type Block, type PlannedProgram, planBlock } from './block.js';
import { compileGraph } from './compile.js';
import type { ConvolutionMethod } from './forward.js';
import type { NetworkGraph } from './graph.js';
import { LINE_BYTES, LINE_FLOATS, type ParameterLayout, type PlacedParameter } from './parameter-layout.js';
import { encodeProgram, HEADER, requireLine } from './program.js';

/** Places of what a program leaves. */
const RESULT = { loss: 0, correct: 1 };

/** Arrays by the names of the parameters; those of momenta are `momentum/<name>`. */
export type NamedArrays = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly values: Float32Array }
>;

/**
 * The examples of the next call, to be filled in before it. Views of the memory of the kernels: ask for them anew each
 * time, since a memory that has grown leaves old views empty.
 */
export interface NetworkBatch {
  readonly size: number;
  /** [size, height, width, channels] */
  readonly images: Float32Array;
  /** [size], from 0 to the number of classes - 1. */
  readonly labels: Int32Array;
}

/** A batch that takes its images as bytes too, which is faster than to fill in floats. */
export interface ByteBatch extends NetworkBatch {
  /** [size, height, width, channels] */
  readonly bytes: Uint8Array;
  /**
   * [size, 3]: down, right and whether it is mirrored (1, else 0). Pixel (0, 0) of what is placed is pixel (down, right)
   * of the image, before it is mirrored left to right.
   */
  readonly placements: Int32Array;
  /**
   * Fills `images` from `bytes`, placed, every byte less the mean of its channel and divided by the deviation; 0 where
   * a placement reaches beyond the image.
   * @param count Of the first so many examples.
   * @throws KernelError `SHAPE` when there is not one mean and one deviation for each channel.
   */
  place(
    normalization: { readonly mean: ArrayLike<number>; readonly deviation: ArrayLike<number> },
    count: number,
  ): void;
}

export interface CompiledNetworkOptions extends Batches {
  /** @default the one that TensorFlow.js has selected */
  readonly backend?: SimdBackend;
  /** @default 'automatic' */
  readonly method?: ConvolutionMethod;
  /** As in {@link CompiledNetwork.load}. Without it everything is 0. */
  readonly values?: NamedArrays;
}

/**
 * A network as one program for the kernels: a training step, or the classification of a batch, is one call, which makes
 * no tensor and allocates nothing. It computes what the operations of {@link Operations} compute one by one, in another
 * order of summation.
 *
 * All its memory is taken when it is made, and given back by `dispose`.
 */
export class CompiledNetwork {
  readonly #backend: SimdBackend;
  readonly #layout: ParameterLayout;
  readonly #block: Block;
  /** In lines. */
  readonly #base: number;
  readonly #scratchBytes = new Map<PlannedProgram, number>();
  #isDisposed = false;

  /**
   * @throws KernelError `SHAPE` or `VALUE`, with the names, where the graph, a size or the values do not fit;
   * `OUT_OF_MEMORY` when the heap has no room; `BACKEND` when another back end is selected.
   */
  constructor(
    readonly graph: NetworkGraph,
    options: CompiledNetworkOptions,
  ) {
    const { backend = currentSimdBackend(), method, values, trainingBatch, inferenceBatch } = options;
    for (const size of [trainingBatch, inferenceBatch]) if (size !== undefined) requireCount('a batch', size);
    this.#backend = backend;
    const statisticsFloats = (channels: number) => backend.kernels.stats_floats(channels);
    const compiled = compileGraph(graph, statisticsFloats, method);
    this.#layout = compiled.layout;
    this.#block = planBlock(compiled, { trainingBatch, inferenceBatch });
    requireLine(this.#block.lines);
    this.#base = backend.heap.allocate(this.#bytes) / LINE_BYTES;
    try {
      this.#clear();
      for (const planned of [this.#block.training, this.#block.inference]) {
        if (planned !== undefined) this.#encode(planned);
      }
      if (values !== undefined) this.load(values);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Bytes of the memory that belongs to this network. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The examples of the next step. They share their memory with those of {@link inference}. */
  get training(): ByteBatch {
    return this.#batch(this.#planned('training'));
  }

  /** The examples that {@link countCorrect} looks at next. They share their memory with those of {@link training}. */
  get inference(): ByteBatch {
    return this.#batch(this.#planned('inference'));
  }

  /**
   * One step of stochastic gradient descent with momentum on the examples of {@link training}; moves the statistics.
   * @returns The mean cross-entropy of the batch before the step, without a penalty for weights.
   * @throws KernelError `VALUE` when a label is no class; nothing has changed then.
   */
  step({ learningRate, momentum, weightDecay }: SgdOptions): number {
    const planned = this.#planned('training');
    this.#requireLabels(planned.program.batch);
    const numbers = this.#floats(planned.line, LINE_FLOATS);
    numbers[HEADER.rate] = learningRate;
    numbers[HEADER.momentum] = momentum;
    numbers[HEADER.weightDecay] = weightDecay;
    this.#run(planned);
    return this.#floats(this.#block.result, LINE_FLOATS)[RESULT.loss] ?? NaN;
  }

  /**
   * How many of the first `valid` examples of {@link inference} have their (first) largest logit at the label, with the
   * moving statistics. An example with a NaN among its logits is not correct.
   * @throws KernelError `VALUE` when a label is no class.
   */
  countCorrect(valid = this.#planned('inference').program.batch): number {
    const planned = this.#planned('inference');
    const { batch } = planned.program;
    if (!Number.isInteger(valid) || valid < 0 || valid > batch) {
      throw new KernelError('VALUE', `${valid} valid examples in a batch of ${batch}`);
    }
    this.#requireLabels(valid);
    this.#ints(planned.line, LINE_FLOATS)[HEADER.valid] = valid;
    this.#ints(this.#block.result, LINE_FLOATS)[RESULT.correct] = 0;
    this.#run(planned);
    return this.#ints(this.#block.result, LINE_FLOATS)[RESULT.correct] ?? NaN;
  }

  /** Copies of all parameters and statistics, in the order of the graph; if asked, of the momenta. */
  values(options: { momentum: boolean }): Map<string, { shape: readonly number[]; values: Float32Array }> {
    const arrays = new Map<string, { shape: readonly number[]; values: Float32Array }>();
    for (const { name: key } of this.graph.parameters) {
      const parameter = this.#parameter(key);
      const { name, shape } = parameter;
      arrays.set(name, { shape, values: this.#view('values', parameter).slice() });
      if (!options.momentum || !parameter.isTrainable) continue;
      arrays.set(`momentum/${name}`, { shape, values: this.#view('momenta', parameter).slice() });
    }
    return arrays;
  }

  /**
   * Takes over all parameters and statistics, and the momenta: 0 where they are missing.
   * @throws KernelError `VALUE` when a parameter is missing, `SHAPE` when one has another shape.
   */
  load(arrays: NamedArrays): void {
    for (const parameter of this.#layout.parameters.values()) {
      requireArray(arrays, parameter.name, parameter, true);
      if (parameter.isTrainable) requireArray(arrays, `momentum/${parameter.name}`, parameter, false);
    }
    for (const parameter of this.#layout.parameters.values()) {
      this.#view('values', parameter).set(arrays.get(parameter.name)?.values ?? []);
      if (!parameter.isTrainable || this.#block.training === undefined) continue;
      const momentum = this.#view('momenta', parameter);
      momentum.fill(0).set(arrays.get(`momentum/${parameter.name}`)?.values ?? []);
    }
  }

  /** Gives the memory back. Idempotent; nothing else can be called afterwards. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#backend.heap.free(this.#base * LINE_BYTES, this.#bytes);
  }

  get #bytes(): number {
    return this.#block.lines * LINE_BYTES;
  }

  #encode(planned: PlannedProgram): void {
    const { kernels, heap } = this.#backend;
    const { program, memory, line, ints } = planned;
    const places = { ...this.#block };
    for (const [name, place] of Object.entries(this.#block)) {
      if (typeof place === 'number') Object.assign(places, { [name]: this.#base + place });
    }
    encodeProgram(program, memory, places, this.graph, this.#ints(line, ints));
    const pointer = (this.#base + line) * LINE_BYTES;
    const bad = kernels.program_check(pointer, ints, heap.byteLength);
    if (bad >= 0) throw new Error(`instruction ${bad} of a compiled network is malformed`);
    this.#scratchBytes.set(planned, kernels.program_scratch(pointer) >>> 0);
  }

  #run(planned: PlannedProgram): void {
    const { kernels, heap } = this.#backend;
    // One for all networks, so its place may change.
    const scratch = heap.scratch(this.#scratchBytes.get(planned) ?? 0) / LINE_BYTES;
    this.#ints(planned.line, LINE_FLOATS)[HEADER.scratch] = scratch;
    const pointer = (this.#base + planned.line) * LINE_BYTES;
    kernels.program_run(0, pointer, 0, planned.program.instructions.length);
  }

  #batch({ program: { batch: size } }: PlannedProgram): ByteBatch {
    const { height, width, channels } = this.graph.image;
    const { images, labels, bytes, placements } = this.#block;
    const pixels = size * height * width * channels;
    return {
      size,
      images: this.#floats(images, pixels),
      labels: this.#ints(labels, size),
      bytes: new Uint8Array(this.#backend.heap.buffer, this.#pointer(bytes), pixels),
      placements: this.#ints(placements, 3 * size),
      place: (normalization, count) => this.#place(normalization, count, size),
    };
  }

  #place({ mean, deviation }: Parameters<ByteBatch['place']>[0], count: number, size: number): void {
    const { height, width, channels } = this.graph.image;
    const { bytes, placements, images, scale, shift } = this.#block;
    if (mean.length !== channels || deviation.length !== channels) {
      const found = `${mean.length} means and ${deviation.length} deviations`;
      throw new KernelError('SHAPE', `${found} for images of ${channels} channels`);
    }
    if (!Number.isInteger(count) || count < 0 || count > size) {
      throw new KernelError('VALUE', `${count} examples of a batch of ${size}`);
    }
    const { kernels } = this.#backend;
    const scratch = this.#backend.scratch(kernels.place_images_scratch(width, channels) >>> 0);
    const [scales, shifts] = [this.#floats(scale, channels), this.#floats(shift, channels)];
    for (let channel = 0; channel < channels; channel++) {
      scales[channel] = 1 / (deviation[channel] ?? NaN);
      shifts[channel] = -(mean[channel] ?? NaN) / (deviation[channel] ?? NaN);
    }
    const [from, at, by, to, into] = [bytes, placements, scale, shift, images].map((line) =>
      this.#pointer(line),
    ) as [number, number, number, number, number];
    kernels.place_images(from, at, by, to, count, height, width, channels, into, scratch);
  }

  #pointer(line: number): number {
    return (this.#base + line) * LINE_BYTES;
  }

  #planned(name: 'training' | 'inference'): PlannedProgram {
    if (this.#isDisposed) throw new KernelError('VALUE', 'the network was disposed');
    const planned = this.#block[name];
    if (planned === undefined) throw new KernelError('VALUE', `the network was made without ${name}Batch`);
    return planned;
  }

  #requireLabels(count: number): void {
    const { classes } = this.graph;
    const labels = this.#ints(this.#block.labels, count);
    for (let i = 0; i < count; i++) {
      const label = labels[i] ?? -1;
      if (label >= 0 && label < classes) continue;
      const what = `label ${label} of example ${i} is not a class from 0 to ${classes - 1}`;
      throw new KernelError('VALUE', what);
    }
  }

  #parameter(name: string): PlacedParameter {
    const parameter = this.#layout.parameters.get(name);
    if (parameter === undefined) throw new KernelError('VALUE', `the parameter ${name} is not there`);
    return parameter;
  }

  #view(region: 'values' | 'momenta', { line, size }: PlacedParameter): Float32Array {
    return this.#floats(this.#block[region] + line, size);
  }

  #floats(line: number, length: number): Float32Array {
    return new Float32Array(this.#backend.heap.buffer, (this.#base + line) * LINE_BYTES, length);
  }

  #ints(line: number, length: number): Int32Array {
    return new Int32Array(this.#backend.heap.buffer, (this.#base + line) * LINE_BYTES, length);
  }

  /** Nothing of whoever had this memory before: the numbers between two parameters have to be 0, and stay so. */
  #clear(): void {
    const { heap } = this.#backend;
    new Uint8Array(heap.buffer, this.#base * LINE_BYTES, this.#block.buffers * LINE_BYTES).fill(0);
  }
}

function requireArray(
  arrays: NamedArrays,
  name: string,
  { shape, size }: PlacedParameter,
  isNeeded: boolean,
): void {
  const array = arrays.get(name);
  if (array === undefined && !isNeeded) return;
  if (array === undefined) throw new KernelError('VALUE', `no values for ${name}`);
  if (sameShape(array.shape, shape) && array.values.length === size) return;
  const found = `[${array.shape.join()}] and ${array.values.length} numbers`;
  throw new KernelError('SHAPE', `${name} has shape ${found}, not [${shape.join()}]`);
}
