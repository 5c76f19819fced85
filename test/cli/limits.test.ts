import { type DatasetOptions, loadDataset } from '@galapagos/datasets';
import { describe, expect, it } from 'vitest';
import { resolveConfiguration } from '../../packages/cli/src/configuration.js';
import { type Costs, individualCost, measureCosts } from '../../packages/cli/src/costs.js';
import { deriveLimits } from '../../packages/cli/src/derive-limits.js';
import { workersThatFit } from '../../packages/cli/src/machine.js';

const data: DatasetOptions = { source: 'synthetic' };
const dataset = await loadDataset(data);
const machine = { cores: 4, memoryBytes: 24e9 };

function configured(training: object, populationSize = 40) {
  return resolveConfiguration(
    { search: { populationSize }, data, training: { steps: 1000, ...training } },
    'test',
  );
}

/** A machine on which a step of 10 examples and 2 GFLOP takes so long. */
function costs(seconds: number): Costs {
  const cost = { parameters: 7e4, flopsPerStep: 2e9, flopsPerValidation: 6e7, memoryBytes: 1e8 };
  const step = { backend: 'wasm', batchSize: 10, cost, seconds };
  return { first: step, grown: step };
}

const unmeasured = () => Promise.reject(new Error('measured, though nothing is open'));

describe('the limits of an individual', () => {
  it('fit the machine, and say why', async () => {
    const { limits, reasons } = await deriveLimits(configured({}), dataset, machine, async () =>
      Promise.resolve(costs(0.1)),
    );
    // 0.8 of 24 GB for four workers, less what each needs anyway, at twice the estimate.
    expect(limits).toEqual({ parameters: 50e6, memoryBytes: 2.3e9, seconds: 8640, flopsPerExample: 1e9 });
    expect(reasons).toEqual([
      '50 M parameters: the default',
      '2.3 GB of memory: 24 GB of this machine for 4 workers, at twice the estimate',
      '2 h 24 min of training: so 4 workers can replace a population of 40 within a day, whatever it grows to',
      '1.0 GFLOP per example: at 20 GFLOP/s, as measured, all steps fit into half of that time',
    ]);
  });

  it('are never below what a network of a fair size needs', async () => {
    const slow = async () => Promise.resolve(costs(10));
    const { limits, reasons } = await deriveLimits(configured({}), dataset, machine, slow);
    const { seconds } = individualCost(costs(10).grown, { steps: 1000, batchSize: 50 }, 1000);
    expect(limits.seconds).toBeGreaterThanOrEqual(4 * seconds);
    expect(limits.flopsPerExample).toBeGreaterThanOrEqual(2e8);
    expect(reasons[2]).toContain('four times what a network of six convolutions takes here');
  });

  it('do not follow the noise of a measurement', async () => {
    const of = async (seconds: number) =>
      (await deriveLimits(configured({}), dataset, machine, async () => Promise.resolve(costs(seconds))))
        .limits;
    expect(await of(0.115)).toEqual(await of(0.14));
  });

  it('that are given hold, on whatever machine, and nothing is measured', async () => {
    const given = { parameters: 1e6, memoryBytes: 1e9, seconds: 60, flopsPerExample: 1e7 };
    const { limits, reasons } = await deriveLimits(
      configured({ limits: given }),
      dataset,
      { cores: 1, memoryBytes: 1e9 },
      unmeasured,
    );
    expect(limits).toEqual(given);
    expect(reasons.every((reason) => reason.endsWith(': as configured'))).toBe(true);
  });

  it('are for as many workers as there are cores, memory and individuals for', () => {
    expect(workersThatFit({ cores: 4, memoryBytes: 24e9 }, 40)).toBe(4);
    expect(workersThatFit({ cores: 64, memoryBytes: 24e9 }, 1000)).toBe(19);
    expect(workersThatFit({ cores: 4, memoryBytes: 24e9 }, 9)).toBe(2);
    expect(workersThatFit({ cores: 4, memoryBytes: 5e8 }, 2)).toBe(1);
  });
});

describe('what individuals cost here', () => {
  it('is measured on two networks, one of them with six convolutions', async () => {
    const { first, grown } = await measureCosts(dataset, configured({}).training, 'auto');
    expect(first).toMatchObject({
      backend: expect.stringMatching(/^(native|wasm)$/) as string,
      batchSize: 50,
    });
    expect(first.cost.parameters).toBe(8);
    expect(grown.cost.parameters).toBeGreaterThan(70_000);
    for (const { seconds } of [first, grown]) expect(seconds).toBeGreaterThan(0);
    expect(grown.cost.flopsPerStep).toBeGreaterThan(100 * first.cost.flopsPerStep);
  });

  it('is measured on the back end that is asked for', async () => {
    const { first, grown } = await measureCosts(dataset, configured({}).training, 'wasm');
    expect([first.backend, grown.backend]).toEqual(['wasm', 'wasm']);
  });
});
