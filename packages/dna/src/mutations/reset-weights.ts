import type { Mutation } from './mutation.js';

/** Leaves the DNA as it is; the child inherits no weights (`inheritsWeights` of mutate.ts). */
export const resetWeights: Mutation = () => 'forget all weights';
