import {
  DNA_FORMAT,
  type Dna,
  type Edge,
  MUTATION_NAMES,
  SeededRandom,
  type Shape,
  type Vertex,
  coin,
  firstDna,
  integer,
  tryMutation,
  uniform,
} from '@galapagos/dna';
import fc from 'fast-check';

/** An edge as these tests write it: its precedences are its place among the in-edges of its vertex. */
export interface EdgeSketch {
  readonly from: string;
  readonly to: string;
  /** The numbers of a convolution; an identity without them. */
  readonly conv?: { depthFactor?: number; height?: number; width?: number; strideScale?: number };
  readonly depthPrecedence?: number;
  readonly scalePrecedence?: number;
}

/** A DNA out of its edges. The vertices are those that the edges name, LINEAR and with all flags set. */
export function sketch(edges: Readonly<Record<string, EdgeSketch>>): Dna {
  const dna: Dna = {
    format: DNA_FORMAT,
    learningRate: 0.1,
    weightDecayRate: 0.0001,
    vertices: {},
    edges: {},
  };
  const vertex = (id: string): Vertex => {
    const known = Object.hasOwn(dna.vertices, id) ? dna.vertices[id] : undefined;
    const flags = { inputsMutable: true, outputsMutable: true, propertiesMutable: true };
    return known ?? (dna.vertices[id] = { type: 'LINEAR', edgesIn: [], edgesOut: [], ...flags });
  };
  for (const [id, { from, to, conv, depthPrecedence, scalePrecedence }] of Object.entries(edges)) {
    vertex(from);
    const place = vertex(to).edgesIn.length;
    const ends = {
      from,
      to,
      depthPrecedence: depthPrecedence ?? place,
      scalePrecedence: scalePrecedence ?? place,
    };
    dna.edges[id] = conv === undefined ? { type: 'IDENTITY', ...ends } : convolution(ends, conv);
    vertex(from).edgesOut.push(id);
    vertex(to).edgesIn.push(id);
  }
  return dna;
}

function convolution(
  ends: Omit<Extract<Edge, { type: 'IDENTITY' }>, 'type'>,
  { depthFactor = 1, height = 1, width = 1, strideScale = 0 }: NonNullable<EdgeSketch['conv']>,
): Edge {
  return {
    type: 'CONV',
    ...ends,
    depthFactor,
    filterHalfHeight: height,
    filterHalfWidth: width,
    strideScale,
  };
}

/** input - three convolutions a, b, c with skips around them - output: every mutation has sites. */
export function ladder(): Dna {
  return sketch({
    a: { from: 'input', to: 'v1', conv: {} },
    b: { from: 'v1', to: 'v2', conv: {} },
    c: { from: 'v2', to: 'v3', conv: {} },
    e0: { from: 'v3', to: 'output' },
    s1: { from: 'input', to: 'v2' },
    s2: { from: 'v1', to: 'v3' },
    s3: { from: 'v1', to: 'output' },
  });
}

/** A random graph with parallel branches, random precedences and random flags; every channel count stays >= 1. */
function randomDna(seed: string, size: number): Dna {
  const random = new SeededRandom(seed);
  const ids = Array.from({ length: size }, (_, i) => `v${i}`);
  const edges: Record<string, EdgeSketch> = {};
  const add = (from: number, to: number): void => {
    edges[`e${from}x${to}`] ??= {
      from: `v${from}`,
      to: `v${to}`,
      ...(coin(random) && { conv: randomNumbers(random) }),
    };
  };
  for (let to = 1; to < size; to++) {
    add(integer(random, to), to);
    for (let from = 0; from < to; from++) if (random.next() < 0.3) add(from, to);
  }
  for (let from = 0; from < size - 1; from++) {
    if (!Object.values(edges).some((edge) => edge.from === `v${from}`))
      add(from, from + 1 + integer(random, size - 1 - from));
  }
  const dna = sketch(edges);
  for (const id of ids) {
    const vertex = dna.vertices[id];
    if (vertex === undefined) throw new Error(`no vertex ${id}`);
    for (const flag of ['inputsMutable', 'outputsMutable', 'propertiesMutable'] as const) {
      vertex[flag] = random.next() < 0.9;
    }
    if (id !== 'v0' && coin(random))
      dna.vertices[id] = { ...vertex, type: 'BN_RELU', leakiness: random.next() };
    for (const key of ['depthPrecedence', 'scalePrecedence'] as const) {
      shuffled(vertex.edgesIn, random).forEach((edge, rank) =>
        Object.assign(dna.edges[edge] ?? {}, { [key]: rank * 2 - 3 }),
      );
    }
  }
  return dna;
}

function randomNumbers(random: SeededRandom): NonNullable<EdgeSketch['conv']> {
  return {
    depthFactor: uniform(random, 0.6, 3),
    height: uniform(random, 0, 3),
    width: uniform(random, 0, 3),
    strideScale: uniform(random, 0, 2),
  };
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Every edge of a DNA as `id: from-to`, sorted. */
export function wiring(dna: Dna): string[] {
  return Object.entries(dna.edges)
    .map(([id, { from, to }]) => `${id}: ${from}-${to}`)
    .sort();
}

/** Any attempt to change it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(Object.freeze(value)).forEach(deepFreeze);
  }
  return value;
}

/** A DNA grown from the first one by so many draws. */
export function grownDna(
  seed: string,
  draws: number,
  image: Shape = { height: 32, width: 32, channels: 3 },
): Dna {
  const random = new SeededRandom(seed);
  let dna = firstDna();
  for (let i = 0; i < draws; i++) {
    const name = MUTATION_NAMES[integer(random, MUTATION_NAMES.length)] ?? 'IDENTITY';
    const { child, draw } = tryMutation(name, dna, random, image);
    if (draw.outcome === 'applied') dna = child;
  }
  return dna;
}

export const anySeed = fc.string({ minLength: 1, maxLength: 8 });
export const anyImage = fc.oneof(
  fc.constantFrom<Shape[]>(
    { height: 32, width: 32, channels: 3 },
    { height: 14, width: 14, channels: 1 },
    { height: 1, width: 1, channels: 1 },
    { height: 5, width: 28, channels: 2 },
  ),
  fc.record({
    height: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 40 }),
    channels: fc.integer({ min: 1, max: 4 }),
  }),
);
export const anyGrownDna = fc
  .record({ seed: anySeed, draws: fc.integer({ min: 0, max: 60 }) })
  .map(({ seed, draws }) => grownDna(seed, draws));
export const anyRandomDna = fc
  .record({ seed: anySeed, size: fc.integer({ min: 2, max: 8 }) })
  .map(({ seed, size }) => randomDna(seed, size));
