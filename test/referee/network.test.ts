import { describe, expect, test } from 'vitest';
import { RefereeNetwork } from './network.js';
import { randomNetworks } from './support.js';

const networks = randomNetworks(20, 4);
const STEP = 1e-5;

describe('the referee itself', () => {
  test.each(networks)('$name: the gradients are those of the loss', ({ plan, weights, batch }) => {
    const gradients = new RefereeNetwork(plan, weights).gradients(batch);
    let compared = 0;
    for (const [name, { data }] of gradients) {
      const variable = new RefereeNetwork(plan, weights);
      const values = variable.values.get(name);
      if (values === undefined) throw new Error(`a gradient of ${name}, which is no variable`);
      // Some elements of each, spread over it.
      for (let i = 0; i < data.length; i += Math.ceil(data.length / 7)) {
        const value = values.data[i] as number;
        const lossAt = (offset: number) => {
          values.data[i] = value + offset;
          return variable.loss(batch);
        };
        const slope = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
        values.data[i] = value;
        // The loss is rounded to 1e-16, over a step of 1e-5: 1e-11; curvature the square of the step. A kink would show.
        expect(Math.abs(slope - (data[i] as number)), `${name} ${i}`).toBeLessThan(1e-8);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(5);
    expect(
      Math.max(...[...gradients.values()].flatMap(({ data }) => [...data.map(Math.abs)])),
    ).toBeGreaterThan(1e-2);
  });

  test('there is all that evolution makes: strides, resizes, sums, missing and surplus channels, leaks', () => {
    const edges = networks.flatMap(({ plan }) =>
      plan.vertices.flatMap((v) => v.edges.map((e) => ({ ...e, to: v.shape }))),
    );
    const vertices = networks.flatMap(({ plan }) => plan.vertices);
    const kinds = {
      strides: edges.some(({ convolution }) => (convolution?.stride ?? 1) > 1),
      resizes: edges.some(({ yields, to }) => yields.height !== to.height),
      sums: vertices.some(({ edges }) => edges.length > 2),
      missing: edges.some(({ yields, to }) => yields.channels < to.channels),
      surplus: edges.some(({ yields, to }) => yields.channels > to.channels),
      wide: edges.some(({ convolution }) => (convolution?.filter[1] ?? 0) > 3),
      leaky: vertices.some(({ batchNormalization }) => (batchNormalization?.leakiness ?? 0) > 0),
      linear: vertices.some(({ batchNormalization }) => batchNormalization === undefined),
    };
    expect(Object.entries(kinds).filter(([, found]) => !found)).toEqual([]);
  });
});
