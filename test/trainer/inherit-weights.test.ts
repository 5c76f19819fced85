import {
  type Dna,
  MUTATION_NAMES,
  type MutationName,
  SeededRandom,
  inheritsWeights,
  parseDna,
  tryMutation,
} from '@galapagos/dna';
import { describe, expect, test } from 'vitest';
import { startingWeights } from '../../packages/trainer/src/inherit-weights.js';
import { parametersOf } from '../../packages/trainer/src/parameters.js';
import { planNetwork } from '../../packages/trainer/src/plan.js';
import { addEdge, chain } from './support.js';

const image = { height: 16, width: 16, channels: 8 };
const specsOf = (dna: Dna) => parametersOf(planNetwork(dna, image, 3));

/** Two convolutions with normalisation, and a skip from the image to the last vertex. */
function parent(): Dna {
  const dna = chain([{ conv: { factor: 2 }, bn: true }, { conv: {}, bn: true }, {}]);
  addEdge(dna, 'skip', 'v0', 'v3');
  return parseDna(dna);
}

/** The names that a child of this DNA takes over from the parent, and those that it has afresh. */
function inherit(child: Dna): { kept: string[]; fresh: string[] } {
  const trained = new Map(
    specsOf(parent()).map(({ name, shape }) => {
      const size = shape.reduce((product, side) => product * side, 1);
      return [name, { shape, values: new Float32Array(size).fill(42) }];
    }),
  );
  const weights = startingWeights(specsOf(child), trained, 'seed');
  const kept = [...weights]
    .filter(([, { values }]) => values.every((value) => value === 42))
    .map(([name]) => name);
  return { kept, fresh: [...weights.keys()].filter((name) => !kept.includes(name)) };
}

/** Children of the parent, each by one mutation of that name that has a site. */
function childrenBy(mutation: MutationName): Dna[] {
  return Array.from({ length: 60 }, (_, i) =>
    tryMutation(mutation, parent(), new SeededRandom(`${mutation} ${i}`), image),
  )
    .filter(({ draw }) => draw.outcome === 'applied')
    .map(({ child }) => child);
}

/** The filters and normalisations that a change of an edge's channels takes away, besides the edge's own. */
const fed: Readonly<Record<string, readonly string[]>> = {
  e1: ['vertex/v1/', 'edge/e2/filter', 'vertex/v2/', 'dense/kernel'],
  e2: ['vertex/v2/', 'dense/kernel'],
};

const everything = specsOf(parent()).map(({ name }) => name);
const shapesOf = (dna: Dna) => new Map(specsOf(dna).map(({ name, shape }) => [name, shape.join()]));

/** What each mutation keeps. It gets a child and the names that the child did not inherit, and expects. */
const expectations: Readonly<Record<MutationName, (child: Dna, fresh: string[]) => void>> = {
  IDENTITY: (_, fresh) => expect(fresh).toEqual([]),
  'ALTER-LEARNING-RATE': (_, fresh) => expect(fresh).toEqual([]),
  // Not decided here: the population gives such a child no weights to inherit.
  'RESET-WEIGHTS': (_, fresh) => expect(fresh).toEqual([]),
  'ALTER-STRIDE': (_, fresh) => expect(fresh).toEqual([]),
  'FILTER-SIZE': (child, fresh) => {
    const before = shapesOf(parent());
    const changed = Object.keys(child.edges).filter((id) => {
      const name = `edge/${id}/filter`;
      return shapesOf(child).get(name) !== before.get(name);
    });
    expect(fresh).toEqual(changed.map((id) => `edge/${id}/filter`));
    expect(fresh.length).toBeLessThanOrEqual(1);
  },
  'ALTER-NUMBER-OF-CHANNELS': (child, fresh) => {
    const changed = Object.keys(fed).find(
      (id) => child.edges[id]?.type === 'CONV' && factorOf(child, id) !== factorOf(parent(), id),
    );
    const own =
      shapesOf(child).get(`edge/${changed}/filter`) === shapesOf(parent()).get(`edge/${changed}/filter`);
    if (own) return expect(fresh).toEqual([]);
    expect(fresh).toContain(`edge/${changed}/filter`);
    const lost = [`edge/${changed}/filter`, ...(fed[changed ?? ''] ?? [])];
    expect(fresh.filter((name) => !lost.some((prefix) => name.startsWith(prefix)))).toEqual([]);
    expect(fresh).toContain(changed === 'e1' ? 'edge/e2/filter' : 'dense/kernel');
  },
  'INSERT-CONVOLUTION': (_, fresh) => {
    // As many channels as its input has: only what is new is fresh.
    expect(fresh.filter((name) => everything.includes(name))).toEqual([]);
    expect(fresh.length).toBeGreaterThan(0);
  },
  'INSERT-ONE-TO-ONE': (_, fresh) => {
    expect(fresh.filter((name) => everything.includes(name))).toEqual([]);
  },
  'REMOVE-CONVOLUTION': (child, fresh) => {
    // What remains is kept, but where it now sees other channels.
    for (const name of fresh) expect(shapesOf(child).get(name)).not.toBe(shapesOf(parent()).get(name));
  },
  'ADD-SKIP': (_, fresh) => expect(fresh).toEqual([]),
  'REMOVE-SKIP': (_, fresh) => expect(fresh).toEqual([]),
};

function factorOf(dna: Dna, id: string): number {
  const edge = dna.edges[id];
  return edge?.type === 'CONV' ? edge.depthFactor : NaN;
}

describe('a child takes over what its id and shape fit', () => {
  test.each(MUTATION_NAMES)('%s', (mutation) => {
    const children = childrenBy(mutation);
    expect(children.length).toBeGreaterThan(0);
    for (const child of children) {
      const { fresh } = inherit(child);
      expectations[mutation](child, fresh);
    }
  });

  test('FILTER-SIZE loses a filter at times, ALTER-NUMBER-OF-CHANNELS also what it feeds', () => {
    const losses = (mutation: MutationName) =>
      childrenBy(mutation).map((child) => inherit(child).fresh.length);
    expect(Math.max(...losses('FILTER-SIZE'))).toBe(1);
    expect(Math.max(...losses('ALTER-NUMBER-OF-CHANNELS'))).toBeGreaterThan(5);
  });

  test('RESET-WEIGHTS is for the population to obey: it is told by the draws', () => {
    const { draw } = tryMutation('RESET-WEIGHTS', parent(), new SeededRandom('reset'), image);
    expect(inheritsWeights([draw])).toBe(false);
    expect(startingWeights(specsOf(parent()), undefined, 'seed')).toEqual(
      startingWeights(specsOf(parent()), new Map(), 'seed'),
    );
  });

  test('moving statistics are kept, momentum is not', () => {
    expect(inherit(parent()).kept).toEqual(everything);
    const withMomentum = new Map([['momentum/dense/bias', { shape: [3], values: Float32Array.of(1, 2, 3) }]]);
    expect([...startingWeights(specsOf(parent()), withMomentum, 'seed').keys()]).toEqual(everything);
  });

  test('a shape with as many numbers is another shape', () => {
    const dna = chain([{ conv: { halfHeight: 0, halfWidth: 1 } }]);
    const turned = chain([{ conv: { halfHeight: 1, halfWidth: 0 } }]);
    const trained = startingWeights(specsOf(dna), undefined, 'parent');
    const child = startingWeights(specsOf(turned), trained, 'child');
    expect(child.get('edge/e1/filter')?.values).not.toEqual(trained.get('edge/e1/filter')?.values);
    expect(child.get('dense/kernel')?.values).toEqual(trained.get('dense/kernel')?.values);
  });

  test('what is inherited does not change what is drawn', () => {
    const some = new Map([
      ['edge/e1/filter', { shape: [3, 3, 8, 16], values: new Float32Array(3 * 3 * 8 * 16) }],
    ]);
    const alone = startingWeights(specsOf(parent()), undefined, 'seed');
    const partly = startingWeights(specsOf(parent()), some, 'seed');
    expect(partly.get('edge/e1/filter')?.values.every((value) => value === 0)).toBe(true);
    expect(partly.get('edge/e2/filter')).toEqual(alone.get('edge/e2/filter'));
    expect(startingWeights(specsOf(parent()), undefined, 'other').get('dense/kernel')).not.toEqual(
      alone.get('dense/kernel'),
    );
  });
});
