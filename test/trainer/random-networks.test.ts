import { SimdBackend } from '@galapagos/backend-simd';
import { engine, memory } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { costOf } from '../../packages/trainer/src/flops.js';
import { batchSizes, compiledCost } from '../../packages/trainer/src/network.js';
import { planNetwork } from '../../packages/trainer/src/plan.js';
import { trainIndividual } from '../../packages/trainer/src/train.js';
import { benchOf, individualOf, randomDna, stripes } from './support.js';

const image = { height: 8, width: 8, channels: 1 };

function heapUsage(): { byteLength: number; bytesInUse: number } {
  const { backend } = engine();
  if (!(backend instanceof SimdBackend)) throw new Error('another back end is selected');
  return backend.heapUsage();
}

describe('random individuals', () => {
  test('of 40 mutations, trained for 20 steps, all come to an outcome', async () => {
    const kinds: Record<string, number> = {};
    const convolutions: number[] = [];
    for (let i = 0; i < 10; i++) {
      const dna = randomDna(`forty ${i}`, 40, image);
      convolutions.push(Object.values(dna.edges).filter(({ type }) => type === 'CONV').length);
      // A network may grow beyond all bounds: then it is over a limit, which is an outcome too.
      const bench = await benchOf({ steps: 20, batchSize: 10, limits: { flopsPerExample: 5e7 } });
      const outcome = await trainIndividual(bench, individualOf(dna, { seed: `forty ${i}` }));
      const kind = outcome.kind === 'failed' ? outcome.failure.class : outcome.kind;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      if (outcome.kind === 'evaluated' && !outcome.result.diverged) expect(outcome.result.steps).toBe(20);
    }
    expect(Object.keys(kinds).filter((kind) => !['evaluated', 'over-limit'].includes(kind))).toEqual([]);
    expect(kinds['evaluated']).toBeGreaterThanOrEqual(8);
    expect(Math.max(...convolutions)).toBeGreaterThan(5);
  });

  test('leave no memory behind', async () => {
    const bench = await benchOf({
      steps: 3,
      batchSize: 10,
      checkpointSeconds: 1e-9,
      limits: { flopsPerExample: 5e7 },
    });
    const train = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        await trainIndividual(bench, individualOf(randomDna(`memory ${i}`, 10 + (i % 20), image)));
      }
    };
    await train(0, 30);
    const tensors = memory();
    const heap = heapUsage();
    const variables = Object.keys(engine().state.registeredVariables).length;
    await train(0, 30);
    expect(memory()).toMatchObject({ numTensors: tensors.numTensors, numBytes: tensors.numBytes });
    expect(Object.keys(engine().state.registeredVariables)).toHaveLength(variables);
    expect(variables).toBe(0);
    expect(heapUsage()).toEqual(heap);
  });

  test('use about the memory that is estimated', async () => {
    const training = { steps: 2, batchSize: 500 };
    const data = { ...stripes, synthetic: { ...stripes.synthetic, height: 32, width: 32 } };
    const before = heapUsage().byteLength;
    const dna = randomDna('large 1', 30, { ...image, height: 32, width: 32 });
    const bench = await benchOf(training, { data });
    const { operations } = bench.backend;
    const plan = planNetwork(dna, bench.examples.dataset, 3);
    const sizes = batchSizes(operations, { batchSize: 500 }, bench.examples.dataset);
    const { memoryBytes } = compiledCost(plan, operations, costOf(plan, 500), sizes);
    expect(memoryBytes).toBeGreaterThan(1.5 * before);
    expect((await trainIndividual(bench, individualOf(dna))).kind).toBe('evaluated');
    const used = heapUsage().byteLength;
    // What the memory was before, and the scratch of the largest layer, come on top.
    expect(used / memoryBytes).toBeGreaterThan(0.9);
    expect(used / memoryBytes).toBeLessThan(1.5);
  });
});
