import { z } from 'zod';
import type { Arrays } from './arrays.js';
import { WeightsFileError, decodeWeights, encodeWeights } from './weights-file.js';

const word = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const randomState = z.tuple([word, word, word, word]).readonly();
const count = z.int().min(0);

const stateSchema = z.strictObject({
  step: count,
  /** Seconds and floating-point operations so far. */
  seconds: z.number().min(0),
  flops: z.number().min(0),
  stream: z.strictObject({ epoch: randomState, position: count, random: randomState }),
  /** The back ends, with their details, that trained it so far; older checkpoints have none. */
  backends: z.array(z.string()).readonly().default([]),
  /** The learning curve so far: steps and losses. */
  curve: z.array(z.tuple([count, z.number()]).readonly()).readonly(),
});

/**
 * All that a training needs to go on as if it had never stopped: weights, momentum and batch-norm statistics, the
 * step, and the state of chance.
 */
export type TrainingState = Readonly<z.infer<typeof stateSchema>> & { readonly arrays: Arrays };

export function encodeState({ arrays, ...rest }: TrainingState): Uint8Array {
  return encodeWeights(arrays, { state: JSON.stringify(rest) });
}

/**
 * @returns Undefined where it is that of another trainer: nothing says where the examples and chance are.
 * @throws WeightsFileError when it is not a checkpoint.
 */
export function decodeState(bytes: Uint8Array): TrainingState | undefined {
  const { arrays, metadata } = decodeWeights(bytes);
  if (metadata['state'] === undefined) return undefined;
  const state = stateSchema.safeParse(jsonOf(metadata['state']));
  if (state.success) return { ...state.data, arrays };
  throw new WeightsFileError(`not a checkpoint: ${z.prettifyError(state.error)}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WeightsFileError(`not a checkpoint: ${String(error)}`);
  }
}
