// A whole network in float64, forward and backward by hand, from the trainer's plan and nothing else of the trainer.
import type { Plan, PlannedEdge, PlannedVertex } from '../../packages/trainer/src/plan.js';
import {
  type Values,
  batchNormalization,
  channelStatistics,
  convolution,
  countCorrect,
  dense,
  globalAveragePool,
  matchChannels,
  normalize,
  resizeNearest,
  sgdMomentum,
  softmaxCrossEntropy,
  sum,
} from '../support/reference-operations.js';
import {
  batchNormalizationGradients,
  convolutionGradients,
  denseGradients,
  globalAveragePoolGradient,
  resizeNearestGradient,
  softmaxCrossEntropyGradient,
} from './gradients.js';

const EPSILON = 1e-3;
const STATISTICS_DECAY = 0.9;

export interface Batch {
  /** [n, height, width, channels] */
  readonly images: Values;
  readonly labels: readonly number[];
}

export interface StepOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly momentum: number;
}

/** What the backward pass has to know of the forward pass. */
interface Trace {
  readonly activations: Map<string, Values>;
  /** Of each edge what it yields, of each vertex the sum before its normalisation. */
  readonly yields: Map<string, Values>;
  readonly sums: Map<string, Values>;
  readonly features: Values;
  readonly logits: Values;
}

export class RefereeNetwork {
  /** Of every variable by its name, and of the momentum as `momentum/<name>`. */
  readonly values: Map<string, Values>;

  constructor(
    private readonly plan: Plan,
    weights: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: ArrayLike<number> }>,
  ) {
    this.values = new Map(
      [...weights].map(([name, { shape, values }]) => [
        name,
        { shape: [...shape], data: Float64Array.from(values) },
      ]),
    );
  }

  /** The loss of a batch, with its own statistics. */
  loss({ images, labels }: Batch): number {
    return softmaxCrossEntropy(this.#forward(images, true).logits, labels).data[0] as number;
  }

  /** The derivatives of the loss by every variable that is trained. */
  gradients({ images, labels }: Batch): Map<string, Values> {
    return this.#backward(this.#forward(images, true), labels);
  }

  /** One step of SGD with momentum; updates the moving statistics. @returns The loss before it. */
  step(batch: Batch, options: StepOptions): number {
    const trace = this.#forward(batch.images, true);
    for (const [name, gradient] of this.#backward(trace, batch.labels)) {
      const momentum = this.values.get(`momentum/${name}`) ?? {
        shape: gradient.shape,
        data: new Float64Array(gradient.data.length),
      };
      this.values.set(`momentum/${name}`, momentum);
      const weightDecay = /\/(filter|kernel)$/.test(name) ? options.weightDecay : 0;
      sgdMomentum(this.#value(name), momentum, gradient, { ...options, weightDecay });
    }
    for (const [vertex, x] of trace.sums) this.#moveStatistics(vertex, x);
    return softmaxCrossEntropy(trace.logits, batch.labels).data[0] as number;
  }

  /** With the moving statistics: [n, classes]. */
  logits({ images }: Batch): Values {
    return this.#forward(images, false).logits;
  }

  /** With the moving statistics. */
  countCorrect(batch: Batch): number {
    return countCorrect(this.logits(batch), batch.labels);
  }

  #forward(images: Values, training: boolean): Trace {
    const activations = new Map([[this.plan.input, images]]);
    const [yields, sums] = [new Map<string, Values>(), new Map<string, Values>()];
    for (const vertex of this.plan.vertices) {
      const terms = vertex.edges.map((edge) => {
        const y = this.#yield(edge, present(activations.get(edge.from)));
        yields.set(edge.id, y);
        const { height, width, channels } = vertex.shape;
        return matchChannels(resizeNearest(y, height, width), channels);
      });
      const total = sum(terms);
      if (vertex.batchNormalization !== undefined) sums.set(vertex.id, total);
      activations.set(vertex.id, this.#activate(vertex, total, training));
    }
    const features = globalAveragePool(present(activations.get(this.plan.output)));
    const logits = dense(features, this.#value('dense/kernel'), this.#value('dense/bias'));
    return { activations, yields, sums, features, logits };
  }

  #yield({ id, convolution: planned }: PlannedEdge, x: Values): Values {
    return planned === undefined ? x : convolution(x, this.#value(`edge/${id}/filter`), planned.stride);
  }

  #activate({ id, batchNormalization: normalized }: PlannedVertex, x: Values, training: boolean): Values {
    if (normalized === undefined) return x;
    const options = { epsilon: EPSILON, leakiness: normalized.leakiness };
    const [gamma, beta, mean, variance] = ['gamma', 'beta', 'mean', 'variance'].map((name) =>
      this.#value(`vertex/${id}/${name}`),
    ) as [Values, Values, Values, Values];
    return training
      ? batchNormalization(x, gamma, beta, options)
      : normalize(x, gamma, beta, mean, variance, options);
  }

  #backward(trace: Trace, labels: readonly number[]): Map<string, Values> {
    const gradients = new Map<string, Values>();
    const arriving = new Map<string, Values>();
    const last = present(trace.activations.get(this.plan.output));
    const dlogits = softmaxCrossEntropyGradient(trace.logits, labels);
    const { dx, dkernel, dbias } = denseGradients(trace.features, this.#value('dense/kernel'), dlogits);
    gradients.set('dense/kernel', dkernel).set('dense/bias', dbias);
    arriving.set(this.plan.output, globalAveragePoolGradient(dx, last.shape));
    for (const vertex of this.plan.vertices.toReversed()) {
      const dsum = this.#throughActivation(vertex, present(arriving.get(vertex.id)), trace, gradients);
      for (const edge of vertex.edges) {
        const from = this.#throughEdge(edge, dsum, trace, gradients);
        const others = arriving.get(edge.from);
        arriving.set(edge.from, others === undefined ? from : sum([others, from]));
      }
    }
    return gradients;
  }

  #throughActivation(
    { id, batchNormalization: normalized }: PlannedVertex,
    dy: Values,
    trace: Trace,
    gradients: Map<string, Values>,
  ): Values {
    if (normalized === undefined) return dy;
    const [gamma, beta] = [this.#value(`vertex/${id}/gamma`), this.#value(`vertex/${id}/beta`)];
    const options = { epsilon: EPSILON, leakiness: normalized.leakiness };
    const { dx, dgamma, dbeta } = batchNormalizationGradients(
      present(trace.sums.get(id)),
      gamma,
      beta,
      dy,
      options,
    );
    gradients.set(`vertex/${id}/gamma`, dgamma).set(`vertex/${id}/beta`, dbeta);
    return dx;
  }

  #throughEdge(
    { id, from, convolution: planned }: PlannedEdge,
    dsum: Values,
    trace: Trace,
    gradients: Map<string, Values>,
  ): Values {
    const { shape } = present(trace.yields.get(id));
    // What was cut off gets zeros, and the zeros that were appended are cut off: its own gradient.
    const dy = resizeNearestGradient(matchChannels(dsum, shape[3] as number), shape);
    if (planned === undefined) return dy;
    const x = present(trace.activations.get(from));
    const { dx, dfilter } = convolutionGradients(x, this.#value(`edge/${id}/filter`), dy, planned.stride);
    gradients.set(`edge/${id}/filter`, dfilter);
    return dx;
  }

  #moveStatistics(vertex: string, x: Values): void {
    for (const [name, found] of Object.entries(channelStatistics(x))) {
      const { data } = this.#value(`vertex/${vertex}/${name}`);
      data.forEach((value, c) => {
        data[c] = STATISTICS_DECAY * value + (1 - STATISTICS_DECAY) * (found.data[c] as number);
      });
    }
  }

  #value(name: string): Values {
    return present(this.values.get(name));
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not there: every activation, variable and gradient should be');
  return value;
}
