import type { Operation } from './flatten.js';
import { type Activations, type Compilation, METHODS, required } from './forward.js';
import { marginOfGradient, marginOfInput } from './geometry.js';
import type { Operand } from './instructions.js';
import type { BufferOperand } from './program-builder.js';

/** What the backward pass begins from. */
interface Forward extends Activations {
  readonly features: BufferOperand;
  readonly logits: BufferOperand;
}

/** The gradient of each parameter, into the region `gradients`; of an activation only where something learns before it. */
export function emitBackward(compilation: Compilation, forward: Forward): void {
  const backward = new Backward(compilation, forward);
  backward.classifier();
  for (const operation of compilation.flat.operations.toReversed()) backward.operation(operation);
}

class Backward {
  /** Of each value, the gradient as far as it has been added up. */
  readonly #gradients = new Map<number, BufferOperand>();

  constructor(
    private readonly compilation: Compilation,
    private readonly forward: Forward,
  ) {}

  classifier(): void {
    const { builder, flat, graph } = this.compilation;
    const { features, logits } = this.forward;
    const { classes, dense } = graph;
    const { shape, learns } = required(flat.values[flat.output]);
    const dlogits = builder.array(builder.batch * classes);
    builder.emit('LOSS', logits, { region: 'labels', line: 0 }, dlogits, classes);
    const dfeatures = learns ? builder.array(this.#floats(features)) : 0;
    const kernel = this.#place('values', dense.kernel);
    const gradients = [dense.kernel, dense.bias].map((name) => this.#place('gradients', name));
    const sizes = [shape.channels, classes];
    builder.emit('DENSE_GRADIENT', dlogits, features, kernel, dfeatures, ...gradients, ...sizes);
    if (dfeatures === 0) return;
    const dx = builder.plane(shape);
    builder.emit('POOL_GRADIENT', dfeatures, dx);
    this.#gradients.set(flat.output, dx);
  }

  operation(operation: Operation): void {
    const dy = this.#gradients.get(operation.y);
    // Before it nothing learns.
    if (dy === undefined) return;
    switch (operation.kind) {
      case 'convolution':
        return this.#convolution(operation, dy);
      case 'normalization':
        return this.#normalization(operation, dy);
      case 'add':
        this.#arrives(operation.a, () => dy);
        return this.#arrives(operation.b, () => dy);
      case 'resize':
        return this.#arrives(operation.x, (plane) => this.#emit('RESIZE_GRADIENT', dy, plane()));
      case 'channels':
        return this.#arrives(operation.x, (plane) => this.#emit('MATCH_CHANNELS', dy, plane()));
    }
  }

  #convolution({ x, filter, geometry }: Operation & { kind: 'convolution' }, dy: BufferOperand): void {
    const { builder, method } = this.compilation;
    const { filterHeight, filterWidth, stride, top, left } = geometry;
    const sides = [filterHeight, filterWidth, stride, top, left, METHODS[method]];
    // First, since x may then make room for its gradient.
    const dfilter = this.#place('gradients', filter);
    builder.require(marginOfInput(geometry), this.forward.planeOf(x));
    builder.emit('FILTER_GRADIENT', this.forward.planeOf(x), dy, dfilter, ...sides);
    this.#arrives(x, (plane) => {
      const dx = plane();
      builder.require(marginOfGradient(geometry), dy);
      builder.emit('INPUT_GRADIENT', dy, this.#place('values', filter), dx, ...sides);
      return dx;
    });
  }

  #normalization({ x, y, normalization }: Operation & { kind: 'normalization' }, dy: BufferOperand): void {
    const { builder, flat } = this.compilation;
    const { gamma, beta, leakiness } = normalization;
    const { planeOf, savedOf } = this.forward;
    const gradients = [gamma, beta].map((name) => this.#place('gradients', name));
    const dx = builder.plane(required(flat.values[x]).shape);
    const given = [this.#place('values', gamma), savedOf(y)];
    builder.emit('NORMALIZE_GRADIENT', dy, planeOf(x), dx, ...given, ...gradients, { float: leakiness });
    this.#arrives(x, () => dx);
  }

  #emit(name: 'RESIZE_GRADIENT' | 'MATCH_CHANNELS', dy: BufferOperand, dx: BufferOperand): BufferOperand {
    this.compilation.builder.emit(name, dy, dx);
    return dx;
  }

  /** One more gradient of a value: the first stays as it is, the others are added. Of what learns nothing, none. */
  #arrives(value: number, gradient: (plane: () => BufferOperand) => BufferOperand): void {
    const { builder, flat } = this.compilation;
    const { shape, learns } = required(flat.values[value]);
    if (!learns) return;
    const arriving = gradient(() => builder.plane(shape));
    const before = this.#gradients.get(value);
    if (before === undefined) return void this.#gradients.set(value, arriving);
    const sum = builder.plane(shape);
    builder.emit('ADD', before, arriving, sum);
    this.#gradients.set(value, sum);
  }

  #place(region: 'values' | 'gradients', name: string): Operand {
    return { region, line: required(this.compilation.layout.parameters.get(name)).line };
  }

  #floats({ buffer }: BufferOperand): number {
    const array = this.compilation.builder.buffers[buffer];
    return array?.kind === 'array' ? array.floats : 0;
  }
}
