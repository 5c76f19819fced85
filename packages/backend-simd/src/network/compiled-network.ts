import { requireCount, sameShape } from '../checks.js';
import { KernelError } from '../errors.js';
import type { SgdOptions } from '../operations.js';
import { type SimdBackend, currentSimdBackend } from '../simd-backend.js';
import { type BatchFor, batchOf } from './batch.js';
import { type Batches, type Block, type Normalization, type PlannedProgram, planBlock } from './block.js';
import { compileGraph } from './compile.js';
import type { ConvolutionMethod } from './forward.js';
import type { NetworkGraph } from './graph.js';
import { NetworkMemory } from './network-memory.js';
import { LINE_BYTES, LINE_FLOATS, type ParameterLayout, type PlacedParameter } from './parameter-layout.js';
import { encodeProgram, HEADER, requireLine } from './program.js';

/** Places of what a program leaves. */
const RESULT = { loss: 0, correct: 1 };

/** Arrays by the names of the parameters; those of momenta are `momentum/<name>`. */
export type NamedArrays = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly values: Float32Array }
>;

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
export class CompiledNetwork<N extends Normalization | undefined = undefined> {
  readonly #normalization: N;
  readonly #backend: SimdBackend;
  readonly #layout: ParameterLayout;
  readonly #block: Block;
  readonly #memory: NetworkMemory;

  /**
   * @throws KernelError `SHAPE` or `VALUE`, with the names, where the graph, a size or the values do not fit;
   * `OUT_OF_MEMORY` when the heap has no room; `BACKEND` when another back end is selected.
   */
  constructor(
    readonly graph: NetworkGraph,
    options: CompiledNetworkOptions & { readonly normalization?: N },
  ) {
    const { backend = currentSimdBackend(), values, trainingBatch, inferenceBatch, normalization } = options;
    for (const size of [trainingBatch, inferenceBatch]) if (size !== undefined) requireCount('a batch', size);
    if (normalization !== undefined) requireChannels(normalization, graph.image.channels);
    // Left out is undefined, which is what N is then.
    this.#normalization = normalization as N;
    this.#backend = backend;
    const statisticsFloats = (channels: number) => backend.kernels.stats_floats(channels);
    const compiled = compileGraph(graph, statisticsFloats, options);
    this.#layout = compiled.layout;
    this.#block = planBlock(compiled, options);
    requireLine(this.#block.lines);
    this.#memory = new NetworkMemory(backend.heap, this.#block.lines);
    try {
      // Nothing of whoever had this memory before: the numbers between two parameters have to be 0, and stay so.
      this.#memory.bytes(0, this.#block.buffers * LINE_BYTES).fill(0);
      for (const planned of [this.#block.training, this.#block.inference]) {
        if (planned !== undefined) this.#encode(planned);
      }
      if (normalization !== undefined) this.#normalizeBy(normalization);
      if (values !== undefined) this.load(values);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Bytes of the memory that belongs to this network. */
  get bytes(): number {
    return this.#memory.byteLength;
  }

  /** The examples of the next step. They share their memory with those of {@link inference}. */
  get training(): BatchFor<N> {
    return this.#batch(this.#planned('training'));
  }

  /** The examples that {@link countCorrect} looks at next. They share their memory with those of {@link training}. */
  get inference(): BatchFor<N> {
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
    const numbers = this.#memory.floats(planned.line, LINE_FLOATS);
    numbers[HEADER.rate] = learningRate;
    numbers[HEADER.momentum] = momentum;
    numbers[HEADER.weightDecay] = weightDecay;
    this.#run(planned);
    return this.#memory.floats(this.#block.result, LINE_FLOATS)[RESULT.loss] ?? NaN;
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
    this.#memory.ints(planned.line, LINE_FLOATS)[HEADER.valid] = valid;
    this.#memory.ints(this.#block.result, LINE_FLOATS)[RESULT.correct] = 0;
    this.#run(planned);
    return this.#memory.ints(this.#block.result, LINE_FLOATS)[RESULT.correct] ?? NaN;
  }

  /**
   * Copies of all parameters and statistics, in the order of the graph; if asked, of the momenta, which only a network
   * has that was made with `trainingBatch`.
   */
  values(options: { momentum: boolean }): Map<string, { shape: readonly number[]; values: Float32Array }> {
    const arrays = new Map<string, { shape: readonly number[]; values: Float32Array }>();
    const hasMomenta = options.momentum && this.#block.training !== undefined;
    for (const { name: key } of this.graph.parameters) {
      const parameter = this.#parameter(key);
      const { name, shape } = parameter;
      arrays.set(name, { shape, values: this.#view('values', parameter).slice() });
      if (!hasMomenta || !parameter.isTrainable) continue;
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
    this.#memory.free();
  }

  #encode({ program, memory, line, ints }: PlannedProgram): void {
    const { kernels, heap } = this.#backend;
    const places = { ...this.#block };
    for (const [name, place] of Object.entries(this.#block)) {
      if (typeof place === 'number') Object.assign(places, { [name]: this.#memory.base + place });
    }
    encodeProgram(program, memory, places, this.graph, this.#memory.ints(line, ints));
    const bad = kernels.program_check(this.#memory.pointer(line), ints, heap.byteLength);
    if (bad >= 0) throw new Error(`instruction ${bad} of a compiled network is malformed`);
    // What is made can be run: what does not fit is told now.
    this.#findScratch(line);
  }

  /** Asked each time, since it depends on the number of threads; one for all networks, so its place may change too. */
  #findScratch(line: number): void {
    const { kernels, heap } = this.#backend;
    const scratch = heap.scratch(kernels.program_scratch(this.#memory.pointer(line)));
    this.#memory.ints(line, LINE_FLOATS)[HEADER.scratch] = scratch / LINE_BYTES;
  }

  #run({ line, program }: PlannedProgram): void {
    this.#findScratch(line);
    this.#backend.kernels.program_run(0, this.#memory.pointer(line), 0, program.instructions.length);
  }

  #batch({ program }: PlannedProgram): BatchFor<N> {
    return batchOf(this.#normalization, this.#memory, this.#block, this.graph.image, program.batch);
  }

  #normalizeBy({ mean, deviation }: Normalization): void {
    const { channels } = this.graph.image;
    const scale = this.#memory.floats(this.#block.scale, channels);
    const shift = this.#memory.floats(this.#block.shift, channels);
    for (let channel = 0; channel < channels; channel++) {
      scale[channel] = 1 / (deviation[channel] ?? NaN);
      shift[channel] = -(mean[channel] ?? NaN) / (deviation[channel] ?? NaN);
    }
  }

  #planned(name: 'training' | 'inference'): PlannedProgram {
    const planned = this.#block[name];
    if (planned === undefined) throw new KernelError('VALUE', `the network was made without ${name}Batch`);
    return planned;
  }

  #requireLabels(count: number): void {
    const { classes } = this.graph;
    const labels = this.#memory.ints(this.#block.labels, count);
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
    return this.#memory.floats(this.#block[region] + line, size);
  }
}

function requireChannels({ mean, deviation }: Normalization, channels: number): void {
  if (mean.length === channels && deviation.length === channels) return;
  const found = `${mean.length} means and ${deviation.length} deviations`;
  throw new KernelError('SHAPE', `${found} for images of ${channels} channels`);
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
