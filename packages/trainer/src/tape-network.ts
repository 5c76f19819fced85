import type { NetworkBatch, Operations, SgdOptions } from '@galapagos/backend-simd';
import {
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Variable,
  tensor,
  tensor1d,
  tensor4d,
  tidy,
  variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Arrays } from './arrays.js';
import type { BatchSizes, Network } from './network.js';
import { EPSILON, STATISTICS_DECAY } from './network-graph.js';
import { type ParameterSpec, parametersOf, sizeOf } from './parameters.js';
import type { Plan, PlannedVertex } from './plan.js';

interface Parameter {
  readonly spec: ParameterSpec;
  readonly value: Variable;
  /** For the trainable: its momentum. */
  readonly momentum: Variable | undefined;
}

/**
 * A network from single operations and TensorFlow.js' tape: for the back ends that are not ours, and as the check on
 * the compiled form.
 */
export class TapeNetwork implements Network {
  readonly #parameters = new Map<string, Parameter>();
  readonly #trainable: Variable[];
  readonly #batches = new Map<number, NetworkBatch>();

  /** @param values Of every variable, of its shape; see `createNetwork`. */
  constructor(
    readonly plan: Plan,
    private readonly operations: Operations,
    values: Arrays,
    private readonly sizes: BatchSizes,
  ) {
    try {
      for (const spec of parametersOf(plan)) this.#add(spec, values);
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.#trainable = this.parameters.filter(({ spec }) => spec.trainable).map(({ value }) => value);
  }

  get training(): NetworkBatch {
    return this.#batch(present(this.sizes.training));
  }

  get inference(): NetworkBatch {
    return this.#batch(present(this.sizes.inference));
  }

  get parameters(): Parameter[] {
    return [...this.#parameters.values()];
  }

  step({ learningRate, weightDecay, momentum }: SgdOptions): number {
    return tidy(() => {
      const { images, labels } = this.#tensors(this.training);
      const { value, grads } = variableGrads(
        () => this.operations.softmaxCrossEntropy(this.#logits(images, true), labels),
        this.#trainable,
      );
      for (const parameter of this.#parameters.values()) {
        const gradient = grads[parameter.value.name];
        if (parameter.momentum === undefined) continue;
        this.operations.sgdMomentum(parameter.value, parameter.momentum, present(gradient), {
          learningRate,
          momentum,
          weightDecay: parameter.spec.decays ? weightDecay : 0,
        });
      }
      return lossOf(value);
    });
  }

  countCorrect(valid: number): number {
    if (valid === 0) return 0;
    return tidy(() => {
      const { images, labels } = this.#tensors(this.inference, valid);
      return this.operations.countCorrect(this.#logits(images, false), labels);
    });
  }

  values(options: { momentum: boolean }): Arrays {
    const arrays: Arrays = new Map();
    for (const { spec, value, momentum } of this.#parameters.values()) {
      arrays.set(spec.name, { shape: spec.shape, values: value.dataSync<'float32'>() });
      if (!options.momentum || momentum === undefined) continue;
      arrays.set(`momentum/${spec.name}`, { shape: spec.shape, values: momentum.dataSync<'float32'>() });
    }
    return arrays;
  }

  dispose(): void {
    for (const { value, momentum } of this.#parameters.values()) {
      value.dispose();
      momentum?.dispose();
    }
  }

  /** Made when it is asked for: who only classifies needs none for steps. */
  #batch(size: number): NetworkBatch {
    let batch = this.#batches.get(size);
    if (batch === undefined) {
      const { height, width, channels } = this.plan.image;
      const images = new Float32Array(size * height * width * channels);
      this.#batches.set(size, (batch = { size, images, labels: new Int32Array(size) }));
    }
    return batch;
  }

  #tensors({ size, images, labels }: NetworkBatch, valid = size): { images: Tensor4D; labels: Tensor1D } {
    const { height, width, channels } = this.plan.image;
    const pixels = images.subarray(0, valid * height * width * channels);
    return {
      images: tensor4d(pixels, [valid, height, width, channels], 'float32'),
      labels: tensor1d(labels.subarray(0, valid), 'int32'),
    };
  }

  #add(spec: ParameterSpec, values: Arrays): void {
    const value = present(values.get(spec.name)).values;
    const momentum = values.get(`momentum/${spec.name}`)?.values ?? new Float32Array(sizeOf(spec.shape));
    this.#parameters.set(spec.name, {
      spec,
      value: variableOf(value, spec.shape),
      momentum: spec.trainable ? variableOf(momentum, spec.shape) : undefined,
    });
  }

  #logits(images: Tensor4D, training: boolean): Tensor2D {
    const activations = new Map<string, Tensor4D>([[this.plan.input, images]]);
    for (const vertex of this.plan.vertices)
      activations.set(vertex.id, this.#activation(vertex, activations, training));
    const features = this.operations.globalAveragePool(present(activations.get(this.plan.output)));
    return this.operations.dense(features, this.#value('dense/kernel'), this.#value('dense/bias'));
  }

  #activation(
    vertex: PlannedVertex,
    activations: ReadonlyMap<string, Tensor4D>,
    training: boolean,
  ): Tensor4D {
    const { operations } = this;
    const { height, width, channels } = vertex.shape;
    const terms = vertex.edges.map(({ id, from, convolution }) => {
      const input = present(activations.get(from));
      const y =
        convolution === undefined
          ? input
          : operations.convolution(input, this.#value(`edge/${id}/filter`), convolution.stride);
      const sized =
        y.shape[1] === height && y.shape[2] === width ? y : operations.resizeNearest(y, height, width);
      return sized.shape[3] === channels ? sized : operations.matchChannels(sized, channels);
    });
    const [only] = terms;
    const sum = terms.length === 1 && only !== undefined ? only : operations.sum(terms);
    return vertex.batchNormalization === undefined
      ? sum
      : this.#normalize(vertex.id, sum, vertex.batchNormalization.leakiness, training);
  }

  #normalize(id: string, x: Tensor4D, leakiness: number, training: boolean): Tensor4D {
    const options = { epsilon: EPSILON, leakiness };
    const of = (name: string) => this.#value<Tensor1D>(`vertex/${id}/${name}`);
    if (!training) {
      return this.operations.batchNormalizationInference(
        x,
        of('gamma'),
        of('beta'),
        of('mean'),
        of('variance'),
        options,
      );
    }
    const { y, mean, variance } = this.operations.batchNormalization(x, of('gamma'), of('beta'), options);
    this.operations.movingAverage(this.#variable(`vertex/${id}/mean`), mean, STATISTICS_DECAY);
    this.operations.movingAverage(this.#variable(`vertex/${id}/variance`), variance, STATISTICS_DECAY);
    return y;
  }

  #variable(name: string): Variable {
    return present(this.#parameters.get(name)).value;
  }

  #value<T extends Tensor>(name: string): T {
    return this.#variable(name) as unknown as T;
  }
}

function variableOf(values: Float32Array, shape: readonly number[]): Variable {
  // A copy: a back end may keep the array that it is given.
  return tidy(() => variable(tensor(values.slice(), [...shape], 'float32')));
}

function lossOf(loss: Scalar): number {
  const [value = NaN] = loss.dataSync<'float32'>();
  return value;
}

function present<T>(value: T | undefined): T {
  // TensorFlow.js has null for a gradient that it did not compute.
  if (value === undefined || value === null)
    throw new Error('not there: every activation, variable and gradient should be');
  return value;
}
