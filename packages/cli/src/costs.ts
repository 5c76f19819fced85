import type { Dataset } from '@galapagos/datasets';
import { type Dna, firstDna, parseDna } from '@galapagos/dna';
import {
  type BackendChoice,
  type StepMeasurement,
  type TrainingSettings,
  measureStep,
} from '@galapagos/trainer';

/** What individuals of a search cost on this machine. */
export interface Costs {
  /** Of the first kind: no convolution. */
  readonly first: StepMeasurement;
  /** A network as it may be after some hundred generations. */
  readonly grown: StepMeasurement;
}

type Settings = Pick<TrainingSettings, 'padCrop' | 'flip' | 'momentum' | 'batchSize'>;

/** Examples of a step of the larger network: enough to keep the kernels busy, few enough for a second. */
const GROWN_BATCH = 16;
/** Channels, and whether the size is halved, of the convolutions of the larger network: 3x3, with BN and ReLU. */
const GROWN = [
  [16, false],
  [16, false],
  [32, true],
  [32, false],
  [64, true],
  [64, false],
] as const;

/** Measures what individuals will cost: about a second. */
export async function measureCosts(
  dataset: Dataset,
  settings: Settings,
  backend: BackendChoice,
): Promise<Costs> {
  const measure = (dna: Dna, batchSize: number) => measureStep(dna, dataset, settings, batchSize, backend);
  return {
    first: await measure(firstDna(), settings.batchSize),
    grown: await measure(grownDna(dataset.channels), Math.min(settings.batchSize, GROWN_BATCH)),
  };
}

/** Operations per second. */
export function speedOf({ cost, seconds }: StepMeasurement): number {
  return cost.flopsPerStep / seconds;
}

/** Seconds and operations of one individual: all steps, and one validation. */
export function individualCost(
  { cost, batchSize, seconds }: StepMeasurement,
  training: Pick<TrainingSettings, 'steps' | 'batchSize'>,
  validation: number,
): { seconds: number; flops: number } {
  const examples = training.steps * training.batchSize;
  const perExample = cost.flopsPerStep / batchSize;
  const flops = examples * perExample + validation * cost.flopsPerValidation;
  return { flops, seconds: (flops / perExample) * (seconds / batchSize) };
}

/** Six convolutions in a row: what a hundred generations may come to. */
function grownDna(channels: number): Dna {
  const dna = firstDna();
  const free = { inputsMutable: true, outputsMutable: true, propertiesMutable: true };
  const vertices: Record<string, unknown> = { input: { ...dna.vertices['input'], edgesOut: ['c0'] } };
  const edges: Record<string, unknown> = {};
  GROWN.forEach(([out, isHalved], index) => {
    const before = index === 0 ? channels : (GROWN[index - 1]?.[0] ?? channels);
    edges[`c${index}`] = {
      type: 'CONV',
      from: index === 0 ? 'input' : `v${index - 1}`,
      to: `v${index}`,
      depthFactor: out / before,
      filterHalfHeight: 1,
      filterHalfWidth: 1,
      strideScale: isHalved ? 1 : 0,
      depthPrecedence: 0,
      scalePrecedence: 0,
    };
    vertices[`v${index}`] = {
      type: 'BN_RELU',
      leakiness: 0,
      edgesIn: [`c${index}`],
      edgesOut: [index === GROWN.length - 1 ? 'e0' : `c${index + 1}`],
      ...free,
    };
  });
  const e0 = { ...dna.edges['e0'], from: `v${GROWN.length - 1}` };
  return parseDna({
    ...dna,
    vertices: { ...vertices, output: dna.vertices['output'] },
    edges: { ...edges, e0 },
  });
}
