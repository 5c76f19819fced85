import { describe, expect, test } from 'vitest';
import { type Contestant, contestants } from './back-ends.js';
import { RefereeNetwork } from './network.js';
import { type RandomNetwork, randomNetworks } from './support.js';

/** The momentum is then the gradient, and the variables move by it. */
const GRADIENT = { learningRate: 1, weightDecay: 0, momentum: 0 };
/** What a search does; the second step begins with a momentum. */
const TRAINING = { learningRate: 0.05, weightDecay: 0.01, momentum: 0.9 };
const BATCH = 5;
const networks = randomNetworks(8, BATCH);

describe.each(contestants)('$name agrees with float64', (contestant) => {
  test.each(networks)('$name: loss, gradients, statistics', async (network) => {
    await compared(contestant, network, [GRADIENT]);
  });

  test.each(networks)('$name: three steps with momentum and decay', async (network) => {
    // Each step starts where the last one ended, with its errors.
    await compared(contestant, network, [TRAINING, TRAINING, TRAINING], 4);
  });
});

async function compared(
  { tolerance, open }: Contestant,
  { plan, weights, batch }: RandomNetwork,
  steps: readonly (typeof GRADIENT)[],
  times = 1,
): Promise<void> {
  const referee = new RefereeNetwork(plan, weights);
  const trained = await open(plan, new Map(weights), BATCH);
  try {
    for (const options of steps) {
      const loss = referee.step(batch, options);
      expect(Math.abs(trained.step(batch, options) - loss) / loss, 'loss').toBeLessThan(times * tolerance);
    }
    const values = trained.values();
    expect([...values.keys()].sort()).toEqual([...referee.values.keys()].sort());
    // Gradients have a scale of their own: what flows back is as large as the largest of them.
    const largest = { momentum: largestOf(referee, true), variable: largestOf(referee, false) };
    for (const [name, { data }] of referee.values) {
      const scale = name.startsWith('momentum/') ? largest.momentum : largest.variable;
      const found = values.get(name)?.values ?? [];
      const apart = Math.max(...data.map((value, i) => Math.abs(value - (found[i] ?? NaN))));
      expect(apart, name).toBeLessThan(times * tolerance * scale);
    }
    expect(trained.countCorrect(batch), 'correct').toBe(referee.countCorrect(batch));
  } finally {
    trained.dispose();
  }
}

function largestOf({ values }: RefereeNetwork, isMomentum: boolean): number {
  const kind = [...values].filter(([name]) => name.startsWith('momentum/') === isMomentum);
  return Math.max(...kind.map(([, { data }]) => Math.max(...data.map(Math.abs))));
}
