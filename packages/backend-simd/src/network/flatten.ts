import { type Geometry, geometryOf } from './geometry.js';
import { yieldedShape } from './check-graph.js';
import type { GraphNode, GraphNormalization, GraphTerm, ImageShape, NetworkGraph } from './graph.js';

/** An activation that is written once: the image, or what an operation yields. */
interface Value {
  readonly shape: ImageShape;
  /** Whether something trainable lies before it: only then is its gradient needed. */
  readonly learns: boolean;
}

/** One operation on values, which are given by their places in the list. */
export type Operation =
  | {
      readonly kind: 'convolution';
      readonly x: number;
      readonly y: number;
      readonly filter: string;
      readonly geometry: Geometry;
      /** Whether y goes into a normalisation and nowhere else, so that its statistics can be taken on the way. */
      readonly isNormalized: boolean;
    }
  | { readonly kind: 'resize' | 'channels'; readonly x: number; readonly y: number }
  | { readonly kind: 'add'; readonly a: number; readonly b: number; readonly y: number }
  | {
      readonly kind: 'normalization';
      readonly x: number;
      readonly y: number;
      readonly normalization: GraphNormalization;
    };

/** A network as single operations, in order. */
export interface FlatNetwork {
  /** The first is the image. */
  readonly values: readonly Value[];
  readonly operations: readonly Operation[];
  /** The value that is classified. */
  readonly output: number;
}

/** Takes a checked graph apart. A node that is a single identity is no operation: it is the value before it. */
export function flatten(graph: NetworkGraph): FlatNetwork {
  const flat = new Flattening(graph);
  for (const node of graph.nodes) flat.addNode(node);
  return { values: flat.values, operations: flat.operations, output: flat.valueOf(graph.output) };
}

class Flattening {
  readonly values: Value[];
  readonly operations: Operation[] = [];
  readonly #names = new Map<string, number>();

  constructor(private readonly graph: NetworkGraph) {
    this.values = [{ shape: graph.image, learns: false }];
    this.#names.set(graph.input, 0);
  }

  valueOf(name: string): number {
    const value = this.#names.get(name);
    if (value === undefined) throw new Error(`no value ${name} in a graph that was checked`);
    return value;
  }

  addNode(node: GraphNode): void {
    const [first, ...others] = node.terms.map((term) => this.#term(term, node));
    let sum = first ?? 0;
    for (const term of others) {
      const y = this.#value(node.shape, this.#learns(sum) || this.#learns(term));
      this.operations.push({ kind: 'add', a: sum, b: term, y });
      sum = y;
    }
    const { normalization } = node;
    if (normalization !== undefined) {
      const y = this.#value(node.shape, true);
      this.operations.push({ kind: 'normalization', x: sum, y, normalization });
      sum = y;
    }
    this.#names.set(node.name, sum);
  }

  #term(term: GraphTerm, node: GraphNode): number {
    const { shape } = node;
    let value = this.valueOf(term.from);
    const from = this.#shape(value);
    const yielded = yieldedShape(this.graph, term, from);
    const isResized = yielded.height !== shape.height || yielded.width !== shape.width;
    const isMatched = yielded.channels !== shape.channels;
    if (term.convolution !== undefined) {
      const { filter, stride } = term.convolution;
      const sides = this.graph.parameters.find(({ name }) => name === filter)?.shape ?? [];
      const isAlone = node.terms.length === 1 && !isResized && !isMatched;
      const y = this.#value(yielded, true);
      this.operations.push({
        kind: 'convolution',
        x: value,
        y,
        filter,
        geometry: geometryOf(from, sides, stride),
        isNormalized: isAlone && node.normalization !== undefined,
      });
      value = y;
    }
    if (isResized) value = this.#bring('resize', value, { ...shape, channels: yielded.channels });
    return isMatched ? this.#bring('channels', value, shape) : value;
  }

  #bring(kind: 'resize' | 'channels', x: number, shape: ImageShape): number {
    const y = this.#value(shape, this.#learns(x));
    this.operations.push({ kind, x, y });
    return y;
  }

  #value(shape: ImageShape, learns: boolean): number {
    return this.values.push({ shape, learns }) - 1;
  }

  #shape(value: number): ImageShape {
    return this.values[value]?.shape ?? this.graph.image;
  }

  #learns(value: number): boolean {
    return this.values[value]?.learns === true;
  }
}
