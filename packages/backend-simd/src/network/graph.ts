// What a network is to whoever compiles it: layers and shapes. Where they come from is not known here.

/** The size of one image, in pixels and channels. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A convolution with SAME padding and without bias. */
export interface GraphConvolution {
  /** Name of its parameter, [height, width, channels in, channels out]. */
  readonly filter: string;
  readonly stride: number;
}

/** One of the summands of a node: an activation, convolved perhaps, then brought to the shape of the node. */
export interface GraphTerm {
  /** Name of a node before this one, or of the image. */
  readonly from: string;
  readonly convolution?: GraphConvolution | undefined;
}

/** Batch normalisation of each channel, then a leaky ReLU. The names are those of parameters of [channels]. */
export interface GraphNormalization {
  readonly gamma: string;
  readonly beta: string;
  /** The moving mean and variance: a training step moves them, validation uses them. */
  readonly mean: string;
  readonly variance: string;
  /** Slope of the ReLU for negative values: 0 a plain ReLU, 1 none. */
  readonly leakiness: number;
}

/**
 * The sum of its terms, normalised perhaps. What a term yields is brought to the node's height and width by
 * nearest-neighbour resizing, then to its channels by truncation or by channels of zeros.
 */
export interface GraphNode {
  readonly name: string;
  readonly shape: ImageShape;
  /** At least one. */
  readonly terms: readonly GraphTerm[];
  readonly normalization?: GraphNormalization | undefined;
}

export interface GraphParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay pulls it towards 0. Moving statistics have none, whatever is said here. */
  readonly decays: boolean;
}

/**
 * A network: an image, nodes, then the mean over height and width, a dense layer, and the cross-entropy of a softmax.
 */
export interface NetworkGraph {
  readonly image: ImageShape;
  /** The name by which the terms know the image. */
  readonly input: string;
  /** In an order in which they can be computed. Every one lies on a path to the output. */
  readonly nodes: readonly GraphNode[];
  /** Name of the node (or of the image) that is classified. */
  readonly output: string;
  readonly classes: number;
  /** Names of the dense layer's parameters, [channels of the output, classes] and [classes]. */
  readonly dense: { readonly kernel: string; readonly bias: string };
  /** Every parameter that is named above, each in one place. */
  readonly parameters: readonly GraphParameter[];
  /** Added to the variance in a normalisation; above 0. */
  readonly epsilon: number;
  /** Share of the moving statistics that a training step keeps. */
  readonly statisticsDecay: number;
}
