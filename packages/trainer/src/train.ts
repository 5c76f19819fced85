import { type Dna, parseDnaText, seedOf } from '@galapagos/dna';
import { DNA_FILE, INHERITED_FILE, readCheckpoint } from '@galapagos/population';
import { type TrainingState, decodeState } from './checkpoint.js';
import { ExampleStream } from './example-stream.js';
import { failureOf, isOfThisMachine } from './failure.js';
import { type NetworkCost, costOf } from './flops.js';
import { startingWeights } from './inherit-weights.js';
import { excessOver } from './limits.js';
import type { TrainingOutcome, TrainingRequest } from './messages.js';
import { type Network, batchSizes, compiledCost, createNetwork } from './network.js';
import { parametersOf } from './parameters.js';
import { type Plan, planNetwork } from './plan.js';
import { Training } from './training.js';
import type { TrainingSettings } from './settings.js';
import { WeightsFileError, decodeWeights } from './weights-file.js';
import { type Workbench, waiting } from './workbench.js';

/**
 * Trains one individual and evaluates it: weights are inherited or continued, a constant learning rate, one
 * validation at the end (section 3.4 and 4). What goes wrong with the individual is an outcome.
 * @throws What the filesystem rejects with, where it is this machine that fails: a full disk, say.
 */
export async function trainIndividual(bench: Workbench, request: TrainingRequest): Promise<TrainingOutcome> {
  let network: Network | undefined;
  let training: Training | undefined;
  const { operations } = bench.backend;
  try {
    const { dna, plan, cost } = await waiting(bench, () => prepare(bench, request));
    const reason = excessOver(cost, bench.settings);
    if (reason !== undefined) {
      return { kind: 'failed', seconds: 0, flops: 0, failure: { class: 'over-limit', reason, log: '' } };
    }
    const start = await waiting(bench, () => startingState(bench, request, plan));
    network = createNetwork(
      plan,
      operations,
      start.arrays,
      batchSizes(operations, bench.settings, bench.examples.dataset),
    );
    training = new Training(bench, request, network, cost, dna, start);
    return await training.run();
  } catch (error) {
    if (isOfThisMachine(error)) throw error;
    return { ...failureOf(error), ...training?.spent };
  } finally {
    network?.dispose();
  }
}

async function prepare(
  { backend, filesystem, examples, settings }: Workbench,
  { individual }: TrainingRequest,
): Promise<{ dna: Dna; plan: Plan; cost: NetworkCost }> {
  const file = `${individual}/${DNA_FILE}`;
  const dna = parseDnaText(new TextDecoder().decode(await filesystem.read(file, 1e7)), file);
  const plan = planNetwork(dna, examples.dataset, examples.dataset.classes.length);
  const { operations } = backend;
  const counted = costOf(plan, settings.batchSize);
  const sizes = batchSizes(operations, settings, examples.dataset);
  return { dna, plan, cost: compiledCost(plan, operations, counted, sizes) };
}

async function startingState(
  { filesystem, examples, settings }: Workbench,
  { individual, output, resume, seed }: TrainingRequest,
  plan: Plan,
): Promise<TrainingState> {
  const resumed = resume && (await readCheckpoint(filesystem, output, resume));
  const state = resumed && naming('the checkpoint', () => decodeState(resumed));
  if (state !== undefined) return state;
  const names = await filesystem.list(individual);
  const bytes = names.includes(INHERITED_FILE)
    ? await filesystem.read(`${individual}/${INHERITED_FILE}`, mostBytes(settings))
    : undefined;
  const inherited = bytes && naming(INHERITED_FILE, () => decodeWeights(bytes).arrays);
  return {
    step: 0,
    seconds: 0,
    flops: 0,
    stream: new ExampleStream(examples.dataset.train.count, seedOf(seed, 'examples')).state,
    backends: [],
    curve: [],
    arrays: startingWeights(parametersOf(plan), inherited, seed),
  };
}

/** Of the weights of one within the limits, statistics and the header included. */
function mostBytes({ limits }: TrainingSettings): number {
  return 8 * limits.parameters + 1e7;
}

function naming<T>(file: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw error instanceof WeightsFileError ? new WeightsFileError(`${file}: ${error.message}`) : error;
  }
}
