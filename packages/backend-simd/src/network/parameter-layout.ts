import type { NetworkGraph } from './graph.js';

/** float32 numbers of a line, the unit in which memory is given out: 64 bytes. */
export const LINE_FLOATS = 16;
export const LINE_BYTES = 64;

export interface PlacedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
  /** Where it begins in its region, in lines. */
  readonly line: number;
  readonly isTrainable: boolean;
}

/**
 * Where parameters lie, each beginning at a line: first those that decay, then the others that a gradient moves, then
 * the moving statistics. Momenta and gradients lie in the same order, without the statistics. So one instruction moves
 * all that decays, and one the rest; the numbers between two parameters are and stay 0.
 */
export interface ParameterLayout {
  readonly parameters: ReadonlyMap<string, PlacedParameter>;
  /** Where the first part ends, the second, and the third. */
  readonly decayingLines: number;
  readonly trainableLines: number;
  readonly lines: number;
}

export function layoutParameters({ parameters, nodes }: NetworkGraph): ParameterLayout {
  const statistics = new Set(
    nodes.flatMap(({ normalization: n }) => (n === undefined ? [] : [n.mean, n.variance])),
  );
  const placed = new Map<string, PlacedParameter>();
  let line = 0;
  const place = (group: NetworkGraph['parameters']): number => {
    for (const { name, shape } of group) {
      const size = shape.reduce((product, side) => product * side, 1);
      placed.set(name, { name, shape, size, line, isTrainable: !statistics.has(name) });
      line += linesOf(size);
    }
    return line;
  };
  const trainable = parameters.filter(({ name }) => !statistics.has(name));
  return {
    parameters: placed,
    decayingLines: place(trainable.filter(({ decays }) => decays)),
    trainableLines: place(trainable.filter(({ decays }) => !decays)),
    lines: place(parameters.filter(({ name }) => statistics.has(name))),
  };
}

export function linesOf(floats: number): number {
  return Math.ceil(floats / LINE_FLOATS);
}
