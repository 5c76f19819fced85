import { type DatasetOptions, loadDataset } from '@galapagos/datasets';
import type { Dna } from '@galapagos/dna';
import type { BackendChoice } from './backend-choice.js';
import { planNetwork } from './plan.js';
import type { TrainingSettings } from './settings.js';
import { decodeWeights } from './weights-file.js';

/**
 * The accuracy of a trained individual on the test examples, which no search ever looks at.
 * @param weights The bytes of its `weights.safetensors`.
 * @throws WeightsFileError, DatasetError, BackendError.
 */
export async function testIndividual(options: {
  readonly dna: Dna;
  readonly weights: Uint8Array;
  readonly data: DatasetOptions;
  /** SHA-256 of the data set that is expected. */
  readonly checksum?: string;
  readonly training: TrainingSettings;
  readonly backend: BackendChoice;
}): Promise<{ accuracy: number; examples: number }> {
  // TensorFlow.js is loaded where it computes only: no other verb of a command line has to wait for it.
  const { chooseBackend } = await import('./backend.js');
  const { Examples } = await import('./examples.js');
  const { batchSizes, createNetwork } = await import('./network.js');
  const { validate } = await import('./validate.js');
  const { operations } = await chooseBackend(options.backend);
  const dataset = await loadDataset(options.data, { checksum: options.checksum });
  const plan = planNetwork(options.dna, dataset, dataset.classes.length);
  const { arrays } = decodeWeights(options.weights);
  const { inference, normalization } = batchSizes(operations, options.training, dataset);
  const network = createNetwork(plan, operations, arrays, { inference, normalization });
  try {
    const examples = new Examples(dataset, options.training);
    const accuracy = await validate(network, examples, dataset.test);
    if (accuracy === undefined) throw new Error('the look at the test examples was ended');
    return { accuracy, examples: dataset.test.count };
  } finally {
    network.dispose();
    dataset.close();
  }
}
