import { z } from 'zod';
import { type Dna, copyDna } from './dna.js';
import { addSkip } from './mutations/add-skip.js';
import { alterLearningRate } from './mutations/alter-learning-rate.js';
import { alterNumberOfChannels } from './mutations/alter-number-of-channels.js';
import { alterStride } from './mutations/alter-stride.js';
import { filterSize } from './mutations/filter-size.js';
import { identity } from './mutations/identity.js';
import { insertConvolution } from './mutations/insert-convolution.js';
import { insertOneToOne } from './mutations/insert-one-to-one.js';
import { MUTATION_NAMES, type Mutation, type MutationName } from './mutations/mutation.js';
import { removeConvolution } from './mutations/remove-convolution.js';
import { removeSkip } from './mutations/remove-skip.js';
import { resetWeights } from './mutations/reset-weights.js';
import { type Random, pick } from './random.js';
import { type Shape, ShapeError, inferShapes } from './shape.js';

const mutations: Readonly<Record<MutationName, Mutation>> = {
  'ALTER-LEARNING-RATE': alterLearningRate,
  IDENTITY: identity,
  'RESET-WEIGHTS': resetWeights,
  'INSERT-CONVOLUTION': insertConvolution,
  'REMOVE-CONVOLUTION': removeConvolution,
  'ALTER-STRIDE': alterStride,
  'ALTER-NUMBER-OF-CHANNELS': alterNumberOfChannels,
  'FILTER-SIZE': filterSize,
  'INSERT-ONE-TO-ONE': insertOneToOne,
  'ADD-SKIP': addSkip,
  'REMOVE-SKIP': removeSkip,
};

export const drawnMutationSchema = z
  .strictObject({
    mutation: z.enum(MUTATION_NAMES),
    outcome: z
      .enum(['applied', 'no-site', 'refused'])
      .describe(
        'no-site: nothing to change; refused: the change would not be a network. Both are drawn again.',
      ),
    detail: z.string(),
  })
  .describe('One draw of a mutation.');

/** One draw of a mutation, also of those that were drawn in vain. */
export type DrawnMutation = z.infer<typeof drawnMutationSchema>;

export interface MutateOptions {
  /** Mutations to apply; 1 in the paper, 5 to leave a local optimum. @default 1 */
  readonly count?: number;
  /** The shape of an image, which decides whether a change is legal. */
  readonly image: Shape;
}

/**
 * Copies a DNA and mutates the copy: `count` mutations, each drawn uniformly from the eleven, and drawn again
 * where it finds no legal site (section 3.3).
 * @throws ShapeError when the parent itself is no network for images of this shape.
 */
export function mutate(
  parent: Dna,
  random: Random,
  { count = 1, image }: MutateOptions,
): { dna: Dna; drawn: DrawnMutation[] } {
  const reason = whyIllegal(parent, image);
  if (reason !== undefined) throw new ShapeError(reason);
  let dna = parent;
  const drawn: DrawnMutation[] = [];
  // Ends: IDENTITY is always legal, since the parent is.
  for (let applied = 0; applied < count;) {
    const name = pick(random, MUTATION_NAMES);
    if (name === undefined) throw new RangeError('a source of chance gives numbers from [0, 1)');
    const { child, draw } = tryMutation(name, dna, random, image);
    drawn.push(draw);
    if (draw.outcome !== 'applied') continue;
    dna = child;
    applied++;
  }
  return { dna, drawn };
}

/** Applies one named mutation to a copy. Where the outcome is not `applied`, `child` is not to be used. */
export function tryMutation(
  name: MutationName,
  parent: Dna,
  random: Random,
  image: Shape,
): { child: Dna; draw: DrawnMutation } {
  const child = copyDna(parent);
  const detail = mutations[name](child, random);
  if (detail === undefined) return { child, draw: { mutation: name, outcome: 'no-site', detail: '' } };
  const reason = whyIllegal(child, image);
  if (reason !== undefined) return { child, draw: { mutation: name, outcome: 'refused', detail: reason } };
  return { child, draw: { mutation: name, outcome: 'applied', detail } };
}

/** Whether a child made by these draws takes over its parent's weights. */
export function inheritsWeights(drawn: readonly DrawnMutation[]): boolean {
  return !drawn.some(({ mutation, outcome }) => mutation === 'RESET-WEIGHTS' && outcome === 'applied');
}

/** Numbers have no bounds of their own, but must stay numbers: channels at least 1, nothing infinite. */
function whyIllegal(dna: Dna, image: Shape): string | undefined {
  if (!Number.isFinite(dna.learningRate) || dna.learningRate <= 0) return `learning rate ${dna.learningRate}`;
  for (const [id, edge] of Object.entries(dna.edges)) {
    if (![edge.depthPrecedence, edge.scalePrecedence].every(Number.isSafeInteger)) {
      return `a precedence of edge ${id} is too large to count`;
    }
    if (edge.type !== 'CONV') continue;
    const { depthFactor, filterHalfHeight, filterHalfWidth, strideScale } = edge;
    if (![depthFactor, filterHalfHeight, filterHalfWidth, strideScale].every(Number.isFinite)) {
      return `a number of edge ${id} is no longer finite`;
    }
  }
  try {
    inferShapes(dna, image);
    return undefined;
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    throw error;
  }
}
