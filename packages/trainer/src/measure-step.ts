import type { Dataset } from '@galapagos/datasets';
import { type Dna, SeededRandom } from '@galapagos/dna';
import { systemClock } from '@galapagos/population';
import type { BackendChoice } from './backend-choice.js';
import { type NetworkCost, costOf } from './flops.js';
import { planNetwork } from './plan.js';
import type { TrainingSettings } from './settings.js';
import { cpuSeconds } from './work-time.js';

/** What a network costs, counted, and how long its steps take on this machine. */
export interface StepMeasurement {
  readonly backend: string;
  /** Of a step of `batchSize` examples. */
  readonly batchSize: number;
  readonly cost: NetworkCost;
  /** Of one such step, the reading of its examples included, on a core that nobody else uses. */
  readonly seconds: number;
}

/** Seconds that the steps of one network may take together, about; one is made at least, and one before to warm up. */
const MEASURED_SECONDS = 0.2;
const MOST_STEPS = 50;

/**
 * Trains a network for a few steps, to see how fast this machine is.
 * @param batchSize No more examples than there are are taken.
 * @throws BackendError when the back end cannot be used.
 */
export async function measureStep(
  dna: Dna,
  dataset: Dataset,
  settings: Pick<TrainingSettings, 'padCrop' | 'flip' | 'momentum'>,
  batchSize: number,
  backend: BackendChoice,
): Promise<StepMeasurement> {
  // TensorFlow.js is loaded where it computes only: no other verb of a command line has to wait for it.
  const { chooseBackend } = await import('./backend.js');
  const { Examples } = await import('./examples.js');
  const { ExampleStream } = await import('./example-stream.js');
  const { startingWeights } = await import('./inherit-weights.js');
  const { createNetwork } = await import('./network.js');
  const { parametersOf } = await import('./parameters.js');
  const { name, operations } = await chooseBackend(backend);
  const plan = planNetwork(dna, dataset, dataset.classes.length);
  const examples = new Examples(dataset, settings);
  const stream = new ExampleStream(dataset.train.count, 'speed');
  const random = new SeededRandom('speed');
  const size = Math.min(batchSize, dataset.train.count);
  const weights = startingWeights(parametersOf(plan), undefined, 'speed');
  const { normalization } = dataset;
  const network = createNetwork(plan, operations, weights, { training: size, normalization });
  const { learningRate, weightDecayRate: weightDecay } = dna;
  // What computes in this thread is timed by the time that it has had of its core: others may use that too.
  const isAlone = name === 'native' || name === 'wasm' || name === 'cpu';
  const now = () => (isAlone ? cpuSeconds() : systemClock.monotonic());
  const step = (): number => {
    const before = now();
    examples.training(stream.next(size), random, network.training);
    network.step({ learningRate, weightDecay, momentum: settings.momentum });
    return now() - before;
  };
  try {
    step();
    const taken: number[] = [];
    const until = systemClock.monotonic() + MEASURED_SECONDS;
    do taken.push(step());
    while (taken.length < MOST_STEPS && systemClock.monotonic() < until);
    // The fastest: what slows the others down is somebody else's.
    return { backend: name, batchSize: size, cost: costOf(plan, size), seconds: Math.min(...taken) };
  } finally {
    network.dispose();
  }
}
