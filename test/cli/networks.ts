import { type Dna, type Edge, parseDna } from '@galapagos/dna';

interface EdgeOf {
  readonly from: string;
  readonly to: string;
  /** A convolution: channels out by channels in, and a stride. */
  readonly conv?: { readonly depth: number; readonly stride?: number };
}

/** A valid DNA out of its edges; of several into a vertex the first is the primary one. */
export function dnaOf(edges: readonly EdgeOf[]): Dna {
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  const ids = edges.map((_, index) => `e${index}`);
  return parseDna({
    format: 1,
    learningRate: 0.1,
    weightDecayRate: 0.0001,
    vertices: Object.fromEntries(
      names.map((name) => [
        name,
        {
          ...(name.startsWith('r') ? { type: 'BN_RELU', leakiness: 0 } : { type: 'LINEAR' }),
          edgesIn: ids.filter((_, index) => edges[index]?.to === name),
          edgesOut: ids.filter((_, index) => edges[index]?.from === name),
          inputsMutable: true,
          outputsMutable: true,
          propertiesMutable: true,
        },
      ]),
    ),
    edges: Object.fromEntries(edges.map((edge, index): [string, Edge] => [`e${index}`, edgeOf(edge, index)])),
  });
}

function edgeOf({ from, to, conv }: EdgeOf, precedence: number): Edge {
  const common = { from, to, depthPrecedence: precedence, scalePrecedence: precedence };
  if (conv === undefined) return { type: 'IDENTITY', ...common };
  const { depth, stride = 1 } = conv;
  const filter = { filterHalfHeight: 1, filterHalfWidth: 1, strideScale: Math.log2(stride) };
  return { type: 'CONV', ...common, depthFactor: depth, ...filter };
}

/** `a b c` as edges from a to b and from b to c. */
export function chain(vertices: string, conv?: EdgeOf['conv']): EdgeOf[] {
  const names = vertices.split(' ');
  return names.slice(1).map((to, index) => ({
    from: names[index] ?? '',
    to,
    ...(conv === undefined ? {} : { conv }),
  }));
}
