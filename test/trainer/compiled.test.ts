import { nativeEngine } from '@galapagos/backend-simd';
import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../packages/trainer/src/backend.js';
import { type Network, createNetwork } from '../../packages/trainer/src/network.js';
import { planNetwork } from '../../packages/trainer/src/plan.js';
import { TapeNetwork } from '../../packages/trainer/src/tape-network.js';
import { fillRandomly, freshWeights, randomDna } from './support.js';

const image = { height: 12, width: 10, channels: 3 };
const GRADIENT = { learningRate: 0, weightDecay: 0, momentum: 0 };
const STEP = { learningRate: 0.02, weightDecay: 1e-3, momentum: 0.9 };

/** Individuals of 30 mutations whose convolutions are many, and no larger than a test has time for. */
const plans = Array.from({ length: 80 }, (_, i) => planNetwork(randomDna(`thirty ${i}`, 30, image), image, 4))
  .filter(({ vertices }) => {
    const convolutions = vertices.flatMap(({ edges }) =>
      edges.flatMap(({ convolution }) => convolution ?? []),
    );
    const sizes = convolutions.map(({ filter }) => filter.reduce((product, side) => product * side, 1));
    return convolutions.length > 2 && sizes.every((size) => size < 20_000);
  })
  .slice(0, 8);

const engines = (['native', 'wasm'] as const).filter((name) => name === 'wasm' || nativeEngine().available);
const cases = engines.flatMap((engine) =>
  plans.flatMap((plan, i) => [1, 2, 50, 53].map((batch) => ({ engine, plan, i, batch }))),
);

function apart(a: Network, b: Network, isMomentum: boolean): [number, string] {
  const [ours, theirs] = [a, b].map((network) => network.values({ momentum: true }));
  const names = [...(theirs?.keys() ?? [])].filter((name) => name.startsWith('momentum/') === isMomentum);
  let [worst, where, scale] = [0, '', 0];
  for (const name of names) {
    const [found, expected] = [ours, theirs].map((all) => all?.get(name)?.values ?? new Float32Array());
    expected?.forEach((value, i) => {
      scale = Math.max(scale, Math.abs(value));
      const difference = Math.abs(value - (found?.[i] ?? NaN));
      if (!(difference <= worst)) [worst, where] = [difference, `${name}[${i}]`];
    });
  }
  return [worst / scale, where];
}

describe('an individual of 30 mutations, compiled and from single operations of the same engine', () => {
  test('there are some', () => expect(plans).toHaveLength(8));

  test.each(cases)('$engine, $i, batch $batch', async ({ engine, plan, batch }) => {
    const { operations } = await chooseBackend(engine);
    const sizes = { training: batch, inference: batch };
    const weights = freshWeights(plan);
    const compiled = createNetwork(plan, operations, weights, sizes);
    const tape = new TapeNetwork(plan, operations, weights, sizes);
    try {
      for (const options of [GRADIENT, STEP, STEP, STEP]) {
        for (const network of [compiled, tape]) fillRandomly(plan, network.training);
        const [ours, theirs] = [compiled.step(options), tape.step(options)];
        // 24 bits, a few hundred terms in another order through up to ten layers; Winograd's F(4x4, 3x3) loses most.
        expect(Math.abs(ours - theirs)).toBeLessThan(1e-4 * Math.max(1, theirs));
        for (const isMomentum of [true, false]) {
          const [difference, where] = apart(compiled, tape, isMomentum);
          // Of one example the variance of a batch is near 0, and what is divided by it has fewer digits.
          expect(difference, where).toBeLessThan(batch === 1 ? 1e-3 : 1e-4);
        }
      }
      for (const network of [compiled, tape]) fillRandomly(plan, network.inference, 'another');
      expect(compiled.countCorrect(batch)).toBe(tape.countCorrect(batch));
    } finally {
      compiled.dispose();
      tape.dispose();
    }
  });
});
