import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';

/** How a batch normalisation is done. */
export interface NormalizationOptions {
  /** Added to the variance; above 0. */
  epsilon: number;
  /** Slope of the ReLU behind the normalisation for negative values: 0 a plain ReLU, 1 none. */
  leakiness: number;
}

/** How a variable follows its gradient. */
export interface SgdOptions {
  learningRate: number;
  /** Share of the momentum that a step keeps. */
  momentum: number;
  /** Added to the gradient: this times the variable. */
  weightDecay: number;
}

/**
 * The arithmetic that one training step needs, each operation differentiable once through TensorFlow.js' tape.
 *
 * Images are NHWC, all numbers float32 except labels. Every returned tensor is new: the caller disposes it (or calls
 * inside `tf.tidy`) and keeps its inputs. NaN and infinities in the input come out as NaN or infinities. The same input
 * gives the same bits.
 *
 * Every operation throws an error on shapes that do not fit.
 */
export interface Operations {
  /**
   * Convolution with SAME padding and without bias:
   * [n, h, w, ci] and a filter [kh, kw, ci, co] to [n, ceil(h / stride), ceil(w / stride), co].
   * Filters may be even, not square, or larger than the image.
   */
  convolution(x: Tensor4D, filter: Tensor4D, stride: number): Tensor4D;

  /**
   * Batch normalisation of each channel with the statistics of this batch, then a leaky ReLU. Gradients go to x, gamma
   * and beta; the returned mean and (biased) variance count as constants.
   */
  batchNormalization(
    x: Tensor4D,
    gamma: Tensor1D,
    beta: Tensor1D,
    options: NormalizationOptions,
  ): { y: Tensor4D; mean: Tensor1D; variance: Tensor1D };

  /** The same with given statistics. Not differentiable. */
  batchNormalizationInference(
    x: Tensor4D,
    gamma: Tensor1D,
    beta: Tensor1D,
    mean: Tensor1D,
    variance: Tensor1D,
    options: NormalizationOptions,
  ): Tensor4D;

  /** Nearest-neighbour resize, up or down: output i takes the input floor(i * size / newSize). */
  resizeNearest(x: Tensor4D, height: number, width: number): Tensor4D;

  /** Keeps the first `channels` channels, or appends channels of zeros. */
  matchChannels(x: Tensor4D, channels: number): Tensor4D;

  /** Sum of one or more tensors of one shape. */
  sum(xs: Tensor4D[]): Tensor4D;

  /** Mean over height and width: [n, h, w, c] to [n, c]. */
  globalAveragePool(x: Tensor4D): Tensor2D;

  /** x [n, i] times kernel [i, o], plus bias [o]. */
  dense(x: Tensor2D, kernel: Tensor2D, bias: Tensor1D): Tensor2D;

  /** Mean over the batch of -log softmax(logits)[label]. Labels are int32 [n], from 0 to the number of classes - 1. */
  softmaxCrossEntropy(logits: Tensor2D, labels: Tensor1D): Scalar;

  /** How many rows have their (first) largest logit at the label. A row with a NaN is not correct. */
  countCorrect(logits: Tensor2D, labels: Tensor1D): number;

  /**
   * One step, in place on both variables:
   * momentum = options.momentum * momentum + (gradient + weightDecay * variable), variable -= learningRate * momentum.
   * Tensors that share the variables' values (clones) keep theirs.
   */
  sgdMomentum(variable: Variable, momentum: Variable, gradient: Tensor, options: SgdOptions): void;

  /**
   * One update of a moving average, in place: variable = decay * variable + (1 - decay) * value. Tensors that share the
   * variable's values keep theirs.
   */
  movingAverage(variable: Variable, value: Tensor, decay: number): void;
}
