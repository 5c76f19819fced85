import type { Mutation } from './mutation.js';

/** Changes nothing: the child goes on training where its parent ended. */
export const identity: Mutation = () => 'keep training';
