import type { CompiledNetwork } from '@galapagos/backend-simd';
import {
  type GraphNode,
  type NamedArrays,
  type NetworkGraph,
  type Operations,
  type SgdOptions,
} from '@galapagos/backend-simd';
import * as tf from '@tensorflow/tfjs-core';

/** The same network from single operations and TensorFlow.js' tape: what the compiled one is held against. */
export class TapeOfGraph {
  readonly #values = new Map<string, tf.Variable>();
  readonly #momenta = new Map<string, tf.Variable>();

  constructor(
    private readonly graph: NetworkGraph,
    private readonly operations: Operations,
    values: NamedArrays,
  ) {
    for (const { name, shape } of graph.parameters) {
      const given = values.get(name)?.values ?? new Float32Array();
      this.#values.set(name, variable(given, shape));
      if (!statisticsOf(graph).has(name)) {
        const momentum = values.get(`momentum/${name}`)?.values ?? new Float32Array(given.length);
        this.#momenta.set(name, variable(momentum, shape));
      }
    }
  }

  step(images: tf.Tensor4D, labels: tf.Tensor1D, options: SgdOptions): number {
    return tf.tidy(() => {
      const trainable = [...this.#momenta.keys()].map((name) => this.#value(name) as tf.Variable);
      const { value, grads } = tf.variableGrads(
        () => this.operations.softmaxCrossEntropy(this.#logits(images, true), labels),
        trainable,
      );
      for (const { name, decays } of this.graph.parameters) {
        const momentum = this.#momenta.get(name);
        if (momentum === undefined) continue;
        const weight = this.#value(name) as tf.Variable;
        const gradient = grads[weight.name] as tf.Tensor;
        const weightDecay = decays ? options.weightDecay : 0;
        this.operations.sgdMomentum(weight, momentum, gradient, { ...options, weightDecay });
      }
      return value.dataSync()[0] ?? NaN;
    });
  }

  countCorrect(images: tf.Tensor4D, labels: tf.Tensor1D): number {
    return tf.tidy(() => this.operations.countCorrect(this.#logits(images, false), labels));
  }

  values(): Map<string, Float32Array> {
    const arrays = [...this.#values].map(
      ([name, value]) => [name, value.dataSync() as Float32Array] as const,
    );
    const momenta = [...this.#momenta].map(
      ([name, value]) => [`momentum/${name}`, value.dataSync() as Float32Array] as const,
    );
    return new Map([...arrays, ...momenta]);
  }

  dispose(): void {
    for (const one of [...this.#values.values(), ...this.#momenta.values()]) one.dispose();
  }

  #value(name: string): tf.Tensor {
    return this.#values.get(name) as tf.Tensor;
  }

  #logits(images: tf.Tensor4D, isTraining: boolean): tf.Tensor2D {
    const { graph, operations } = this;
    const activations = new Map([[graph.input, images]]);
    for (const node of graph.nodes) activations.set(node.name, this.#node(node, activations, isTraining));
    const features = operations.globalAveragePool(activations.get(graph.output) as tf.Tensor4D);
    const [kernel, bias] = [this.#value(graph.dense.kernel), this.#value(graph.dense.bias)];
    return operations.dense(features, kernel as tf.Tensor2D, bias as tf.Tensor1D);
  }

  #node(
    { terms, shape, normalization }: GraphNode,
    activations: ReadonlyMap<string, tf.Tensor4D>,
    isTraining: boolean,
  ): tf.Tensor4D {
    const { graph, operations } = this;
    const parts = terms.map(({ from, convolution }) => {
      const x = activations.get(from) as tf.Tensor4D;
      const y =
        convolution === undefined
          ? x
          : operations.convolution(x, this.#value(convolution.filter) as tf.Tensor4D, convolution.stride);
      return operations.matchChannels(operations.resizeNearest(y, shape.height, shape.width), shape.channels);
    });
    const sum = operations.sum(parts);
    if (normalization === undefined) return sum;
    const options = { epsilon: graph.epsilon, leakiness: normalization.leakiness };
    const of = (what: 'gamma' | 'beta' | 'mean' | 'variance') =>
      this.#value(normalization[what]) as tf.Tensor1D;
    if (!isTraining)
      return operations.batchNormalizationInference(
        sum,
        of('gamma'),
        of('beta'),
        of('mean'),
        of('variance'),
        options,
      );
    const { y, mean, variance } = operations.batchNormalization(sum, of('gamma'), of('beta'), options);
    operations.movingAverage(
      this.#values.get(normalization.mean) as tf.Variable,
      mean,
      graph.statisticsDecay,
    );
    operations.movingAverage(
      this.#values.get(normalization.variance) as tf.Variable,
      variance,
      graph.statisticsDecay,
    );
    return y;
  }
}

export function statisticsOf({ nodes }: NetworkGraph): Set<string> {
  return new Set(nodes.flatMap(({ normalization: n }) => (n === undefined ? [] : [n.mean, n.variance])));
}

function variable(values: Float32Array, shape: readonly number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values.slice(), [...shape], 'float32')));
}

/** Fills a batch of a compiled network. */
export function fill(network: CompiledNetwork, which: 'training' | 'inference', batch: RandomBatch): void {
  const { images, labels } = network[which];
  images.set(batch.images.subarray(0, images.length));
  labels.set(batch.labels.subarray(0, labels.length));
}

export interface RandomBatch {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}
