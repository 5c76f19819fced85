import fc from 'fast-check';
import type { GraphNode, GraphParameter, GraphTerm, ImageShape, NetworkGraph } from '@galapagos/backend-simd';

/** Node names and shapes as they are drawn; parameters follow from them. */
interface Draft {
  readonly terms: readonly { from: number; filter: [number, number] | undefined; stride: number }[];
  readonly shape: ImageShape;
  readonly leakiness: number | undefined;
}

/** What `graphOf` needs of a node: places of others (0 is the image), filters, the shape, the normalisation. */
export function graphOf(image: ImageShape, drafts: readonly Draft[], classes: number): NetworkGraph {
  const names = ['image', ...drafts.map((_, i) => `n${i + 1}`)];
  const shapes = [image, ...drafts.map(({ shape }) => shape)];
  const parameters: GraphParameter[] = [];
  const parameter = (name: string, shape: readonly number[], decays = false): string => {
    parameters.push({ name, shape, decays });
    return name;
  };
  const nodes = drafts.map(({ terms, shape, leakiness }, i): GraphNode => {
    const name = `n${i + 1}`;
    const built = terms.map(({ from, filter, stride }, t): GraphTerm => {
      const channels = shapes[from]?.channels ?? 0;
      if (filter === undefined) return { from: names[from] ?? '' };
      const sides = [...filter, channels, 1 + ((i + 3 * t) % 5)];
      return {
        from: names[from] ?? '',
        convolution: { filter: parameter(`${name}/${t}`, sides, true), stride },
      };
    });
    if (leakiness === undefined) return { name, shape, terms: built };
    const [gamma = '', beta = '', mean = '', variance = ''] = ['gamma', 'beta', 'mean', 'variance'].map(
      (what) => parameter(`${name}/${what}`, [shape.channels]),
    );
    return { name, shape, terms: built, normalization: { gamma, beta, mean, variance, leakiness } };
  });
  return {
    image,
    input: 'image',
    nodes,
    output: names.at(-1) ?? 'image',
    classes,
    dense: {
      kernel: parameter('kernel', [shapes.at(-1)?.channels ?? 0, classes], true),
      bias: parameter('bias', [classes]),
    },
    parameters,
    epsilon: 1e-3,
    statisticsDecay: 0.9,
  };
}

const side = fc.integer({ min: 1, max: 7 });
const shape = fc.record({ height: side, width: side, channels: fc.integer({ min: 1, max: 5 }) });
const filter = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 }));

/** Random graphs of any topology: fan-out, several edges between two nodes, shapes that do not fit, large filters. */
export const graphs: fc.Arbitrary<NetworkGraph> = fc
  .tuple(
    shape,
    fc.array(
      fc.record({
        terms: fc.array(
          fc.record({
            from: fc.nat(1000),
            filter: fc.option(filter, { nil: undefined }),
            stride: fc.integer({ min: 1, max: 3 }),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        shape,
        keepsShape: fc.boolean(),
        leakiness: fc.option(fc.constantFrom(0, 0.25, 1), { nil: undefined }),
      }),
      { maxLength: 7 },
    ),
    fc.integer({ min: 1, max: 4 }),
  )
  .map(([image, nodes, classes]) => {
    const shapes = [image];
    const drafts = nodes.map(({ terms, shape: own, keepsShape, leakiness }, i): Draft => {
      // The first term comes from the node before, so that each leads to the output.
      const chained = terms.map((term, t) => ({ ...term, from: t === 0 ? i : term.from % (i + 1) }));
      const only = chained.length === 1 ? chained[0] : undefined;
      const before = shapes[i] ?? image;
      const stride = only?.filter === undefined ? 1 : only.stride;
      const natural = {
        height: Math.ceil(before.height / stride),
        width: Math.ceil(before.width / stride),
        channels: only?.filter === undefined ? before.channels : 1 + (i % 5),
      };
      const drawn = keepsShape && only !== undefined ? natural : own;
      shapes.push(drawn);
      return { terms: chained, shape: drawn, leakiness };
    });
    return graphOf(image, drafts, classes);
  });
