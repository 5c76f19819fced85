import { requireCount, sameShape } from '../checks.js';
import { KernelError } from '../errors.js';
import { outputSize } from './geometry.js';
import type { GraphNode, GraphTerm, ImageShape, NetworkGraph } from './graph.js';

/** @throws KernelError `SHAPE` or `VALUE`, with the names, where a graph is not one that can be compiled. */
export function checkGraph(graph: NetworkGraph): void {
  requireShape('the image', graph.image);
  requireCount('the number of classes', graph.classes);
  if (!(graph.epsilon > 0)) throw new KernelError('VALUE', `epsilon is ${graph.epsilon}, not above 0`);
  if (!(graph.statisticsDecay >= 0 && graph.statisticsDecay <= 1)) {
    throw new KernelError('VALUE', `statisticsDecay is ${graph.statisticsDecay}, not from 0 to 1`);
  }
  const parameters = new Parameters(graph);
  const shapes = new Map([[graph.input, graph.image]]);
  for (const node of graph.nodes) {
    checkNode(node, shapes, parameters);
    shapes.set(node.name, node.shape);
  }
  const output = shapes.get(graph.output);
  if (output === undefined) throw new KernelError('VALUE', `the output ${graph.output} is not there`);
  parameters.use(graph.dense.kernel, [output.channels, graph.classes]);
  parameters.use(graph.dense.bias, [graph.classes]);
  parameters.requireAllUsed();
  requireAllLead(graph);
}

/** The parameters of a graph, each to be used once. */
class Parameters {
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #used = new Set<string>();

  constructor({ parameters }: NetworkGraph) {
    for (const { name, shape } of parameters) {
      if (this.#shapes.has(name)) throw new KernelError('VALUE', `the parameter ${name} is there twice`);
      for (const side of shape) requireCount(`a side of ${name}`, side);
      this.#shapes.set(name, shape);
    }
  }

  shapeOf(name: string): readonly number[] {
    const shape = this.#shapes.get(name);
    if (shape === undefined) throw new KernelError('VALUE', `the parameter ${name} is not there`);
    return shape;
  }

  use(name: string, expected: readonly number[]): void {
    const shape = this.shapeOf(name);
    if (!sameShape(shape, expected)) {
      throw new KernelError('SHAPE', `${name} has shape [${shape.join()}], not [${expected.join()}]`);
    }
    // Its gradient is written by one place.
    if (this.#used.has(name)) throw new KernelError('VALUE', `the parameter ${name} is used twice`);
    this.#used.add(name);
  }

  requireAllUsed(): void {
    const unused = [...this.#shapes.keys()].find((name) => !this.#used.has(name));
    if (unused !== undefined) throw new KernelError('VALUE', `the parameter ${unused} is used nowhere`);
  }
}

function checkNode(
  { name, shape, terms, normalization }: GraphNode,
  shapes: ReadonlyMap<string, ImageShape>,
  parameters: Parameters,
): void {
  if (shapes.has(name)) throw new KernelError('VALUE', `the node ${name} is there twice`);
  requireShape(`the node ${name}`, shape);
  if (terms.length === 0) throw new KernelError('SHAPE', `the node ${name} is a sum of nothing`);
  for (const term of terms) checkTerm(name, term, shapes, parameters);
  if (normalization === undefined) return;
  const { gamma, beta, mean, variance, leakiness } = normalization;
  for (const parameter of [gamma, beta, mean, variance]) parameters.use(parameter, [shape.channels]);
  if (!Number.isFinite(leakiness)) throw new KernelError('VALUE', `${name}: leakiness is ${leakiness}`);
}

function checkTerm(
  node: string,
  { from, convolution }: GraphTerm,
  shapes: ReadonlyMap<string, ImageShape>,
  parameters: Parameters,
): void {
  const shape = shapes.get(from);
  if (shape === undefined) throw new KernelError('VALUE', `${node}: nothing before it is called ${from}`);
  if (convolution === undefined) return;
  requireCount(`the stride of ${convolution.filter}`, convolution.stride);
  const [height = 0, width = 0, , channels = 0] = parameters.shapeOf(convolution.filter);
  parameters.use(convolution.filter, [height, width, shape.channels, channels]);
}

/** What a term yields before it is brought to the shape of its node. The graph is one that was checked. */
export function yieldedShape(graph: NetworkGraph, { convolution }: GraphTerm, from: ImageShape): ImageShape {
  if (convolution === undefined) return from;
  const filter = graph.parameters.find(({ name }) => name === convolution.filter);
  return {
    height: outputSize(from.height, convolution.stride),
    width: outputSize(from.width, convolution.stride),
    channels: filter?.shape[3] ?? 0,
  };
}

function requireAllLead({ nodes, output }: NetworkGraph): void {
  const leading = new Set([output]);
  for (const { name, terms } of nodes.toReversed()) {
    if (!leading.has(name)) throw new KernelError('VALUE', `the node ${name} leads to no output`);
    for (const { from } of terms) leading.add(from);
  }
}

function requireShape(name: string, { height, width, channels }: ImageShape): void {
  requireCount(`the height of ${name}`, height);
  requireCount(`the width of ${name}`, width);
  requireCount(`the number of channels of ${name}`, channels);
}
