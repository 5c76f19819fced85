import type { FlatNetwork, Operation } from './flatten.js';
import { marginOfInput } from './geometry.js';
import type { NetworkGraph } from './graph.js';
import type { Operand } from './instructions.js';
import { LINE_FLOATS, type ParameterLayout } from './parameter-layout.js';
import type { BufferOperand, ProgramBuilder } from './program-builder.js';

/** What the parts of a compilation share. */
export interface Compilation {
  readonly graph: NetworkGraph;
  readonly flat: FlatNetwork;
  readonly layout: ParameterLayout;
  readonly statisticsFloats: (channels: number) => number;
  readonly builder: ProgramBuilder;
  readonly method: ConvolutionMethod;
  /** Whether images are bytes, to be placed and normalised. */
  readonly isBytes: boolean;
}

/** Where the forward pass has put what. */
export interface Activations {
  readonly planeOf: (value: number) => BufferOperand;
  /** What a normalisation keeps for its gradient, by its output. */
  readonly savedOf: (value: number) => BufferOperand;
}

/**
 * How convolutions are computed: as their sums say; by Winograd's F(2x2, 3x3) or F(4x4, 3x3), which multiply less (2.25
 * and 4 times with stride 1) and round more, where the filter is 3 x 3 and the stride 1 or 2; or as is fastest.
 */
export const METHODS = { automatic: 0, direct: 1, winograd2: 2, winograd4: 4 } as const;
export type ConvolutionMethod = keyof typeof METHODS;

const NONE = 0;

export function emitForward(compilation: Compilation, isTraining: boolean): Activations {
  const { builder, flat, layout, statisticsFloats, method, isBytes } = compilation;
  const planes = flat.values.map(({ shape }) => builder.plane(shape));
  const planeOf = (value: number): BufferOperand => required(planes[value]);
  const channelsOf = (value: number): number => required(flat.values[value]).shape.channels;
  const statistics = new Map<number, BufferOperand>();
  const saved = new Map<number, BufferOperand>();
  const value = (name: string): Operand => ({
    region: 'values',
    line: required(layout.parameters.get(name)).line,
  });

  const convolve = ({ x, y, filter, geometry, isNormalized }: Operation & { kind: 'convolution' }) => {
    builder.require(marginOfInput(geometry), planeOf(x));
    const { filterHeight, filterWidth, stride, top, left } = geometry;
    const sides = [filterHeight, filterWidth, stride, top, left];
    if (isTraining && isNormalized) statistics.set(y, builder.array(statisticsFloats(channelsOf(y))));
    const gathered = statistics.get(y) ?? NONE;
    builder.emit('CONVOLUTION', planeOf(x), value(filter), planeOf(y), ...sides, gathered, METHODS[method]);
  };
  const normalize = ({ x, y, normalization }: Operation & { kind: 'normalization' }) => {
    const { gamma, beta, mean, variance, leakiness } = normalization;
    const numbers = [gamma, beta, mean, variance].map(value);
    const slope = { float: leakiness };
    if (!isTraining) return builder.emit('NORMALIZE_INFERENCE', planeOf(x), planeOf(y), ...numbers, slope);
    const kept = builder.array(4 * roundUp(channelsOf(x)));
    saved.set(y, kept);
    const gathered = statistics.get(x) ?? NONE;
    builder.emit('NORMALIZE', planeOf(x), planeOf(y), ...numbers, kept, slope, gathered);
  };

  const [images, placements, scale, shift] = (['images', 'placements', 'scale', 'shift'] as const).map(
    (region) => ({ region, line: 0 }),
  );
  if (isBytes) builder.emit('PLACE_IMAGES', planeOf(0), images!, placements!, scale!, shift!);
  else builder.emit('LOAD_IMAGES', planeOf(0), images!);
  for (const operation of flat.operations) {
    if (operation.kind === 'convolution') convolve(operation);
    else if (operation.kind === 'normalization') normalize(operation);
    else if (operation.kind === 'add')
      builder.emit('ADD', planeOf(operation.a), planeOf(operation.b), planeOf(operation.y));
    else {
      const name = operation.kind === 'resize' ? 'RESIZE' : 'MATCH_CHANNELS';
      builder.emit(name, planeOf(operation.x), planeOf(operation.y));
    }
  }
  return { planeOf, savedOf: (y) => required(saved.get(y)) };
}

/** To whole lines, as arrays over channels or over examples are laid out. */
export function roundUp(count: number): number {
  return Math.ceil(count / LINE_FLOATS) * LINE_FLOATS;
}

/** What a checked graph always has. */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a compiled network lacks a part of its own');
  return value;
}
