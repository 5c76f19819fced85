import { firstDna } from '@galapagos/dna';
import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { testIndividual } from '../../packages/trainer/src/test-individual.js';
import { trainIndividual } from '../../packages/trainer/src/train.js';
import { WeightsFileError } from '../../packages/trainer/src/weights-file.js';
import { benchOf, chain, individualOf, outputOf, stripes } from './support.js';

const dna = chain([
  { conv: { factor: 4 }, bn: true },
  { conv: {}, bn: true },
]);

test('the test examples are others than those of validation, looked at with the trained weights', async () => {
  const bench = await benchOf({ steps: 300, batchSize: 25 });
  const request = individualOf(dna);
  await trainIndividual(bench, request);
  const weights = outputOf(request, 'weights.safetensors');
  const tensors = memory().numTensors;
  const look = { data: stripes, training: bench.settings, backend: 'wasm' } as const;
  const { accuracy, examples } = await testIndividual({ ...look, dna, weights });
  expect(examples).toBe(50);
  expect(accuracy).toBeGreaterThan(0.7);
  expect((accuracy * 50) % 1).toBeCloseTo(0, 9);
  // The plain back end counts the same.
  expect(await testIndividual({ ...look, dna, weights, backend: 'cpu' })).toEqual({ accuracy, examples });
  await expect(testIndividual({ ...look, dna: chain([{ conv: {} }]), weights })).rejects.toThrow(
    WeightsFileError,
  );
  await expect(testIndividual({ ...look, dna: firstDna(), weights: weights.subarray(9) })).rejects.toThrow(
    WeightsFileError,
  );
  expect(memory().numTensors).toBe(tensors);
});
