import type { Arrays } from './arrays.js';
import type { ExampleStreamState } from './example-stream.js';
import { decodeWeights, encodeWeights } from './weights-file.js';

/**
 * All that a training needs to go on as if it had never stopped: weights, momentum and batch-norm statistics, the
 * step, and the state of chance.
 */
export interface TrainingState {
  readonly step: number;
  /** Seconds and floating-point operations so far. */
  readonly seconds: number;
  readonly flops: number;
  readonly stream: ExampleStreamState;
  readonly arrays: Arrays;
}

export function encodeState({ arrays, ...rest }: TrainingState): Uint8Array {
  return encodeWeights(arrays, { state: JSON.stringify(rest) });
}

/** @throws WeightsFileError when it is not a checkpoint. */
export function decodeState(bytes: Uint8Array): TrainingState {
  const { arrays, metadata } = decodeWeights(bytes);
  // Its hash was right, so it is what we wrote.
  const rest = JSON.parse(metadata['state'] ?? 'null') as Omit<TrainingState, 'arrays'>;
  return { ...rest, arrays };
}
