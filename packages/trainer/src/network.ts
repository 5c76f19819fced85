import type { Operations } from '@galapagos/backend-simd';
import {
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Variable,
  tensor,
  tidy,
  variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Arrays } from './arrays.js';
import { sameShape } from './inherit-weights.js';
import { type ParameterSpec, parametersOf } from './parameters.js';
import type { Plan, PlannedVertex } from './plan.js';
import { WeightsFileError } from './weights-file.js';

const EPSILON = 1e-3;
/** Share of the moving statistics that a step keeps (supplement S1). */
const STATISTICS_DECAY = 0.9;

interface Parameter {
  readonly spec: ParameterSpec;
  readonly value: Variable;
  /** For the trainable: its momentum. */
  readonly momentum: Variable | undefined;
}

export interface StepOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly momentum: number;
}

/** A network with its weights, on the selected back end. To be disposed. */
export class Network {
  readonly #parameters = new Map<string, Parameter>();
  readonly #trainable: Variable[];

  /**
   * @param values Of every variable; those of `momentum/<name>` are taken where they are there, else 0.
   * @throws WeightsFileError when one is missing, or is of another shape: they are those of another network.
   */
  constructor(
    readonly plan: Plan,
    private readonly operations: Operations,
    values: Arrays,
  ) {
    const specs = parametersOf(plan);
    for (const spec of specs) requireValues(values, spec);
    try {
      for (const spec of specs) this.#add(spec, values);
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.#trainable = this.parameters.filter(({ spec }) => spec.trainable).map(({ value }) => value);
  }

  get parameters(): Parameter[] {
    return [...this.#parameters.values()];
  }

  /**
   * One step of stochastic gradient descent with momentum; updates the moving statistics.
   * @param images [n, height, width, channels]
   * @param labels int32 [n]
   * @returns The mean cross-entropy of the batch, without the L2 penalty.
   */
  step(images: Tensor4D, labels: Tensor1D, { learningRate, weightDecay, momentum }: StepOptions): number {
    return tidy(() => {
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

  /** How many of a batch are classified correctly, with the moving statistics. */
  countCorrect(images: Tensor4D, labels: Tensor1D): number {
    return tidy(() => this.operations.countCorrect(this.#logits(images, false), labels));
  }

  /** The values of every variable, and of the momentum as `momentum/<name>`. */
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

  #add(spec: ParameterSpec, values: Arrays): void {
    const value = present(values.get(spec.name)).values;
    const momentum = values.get(`momentum/${spec.name}`)?.values ?? new Float32Array(value.length);
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

function requireValues(values: Arrays, { name, shape, trainable }: ParameterSpec): void {
  const value = values.get(name);
  if (value === undefined) throw new WeightsFileError(`no values for ${name}`);
  const momentum = trainable ? values.get(`momentum/${name}`) : undefined;
  for (const found of momentum === undefined ? [value] : [value, momentum]) {
    if (sameShape(found.shape, shape)) continue;
    throw new WeightsFileError(`${name} has shape [${found.shape.join()}], not [${shape.join()}]`);
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
