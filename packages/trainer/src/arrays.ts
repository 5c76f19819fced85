/** A named set of float32 arrays: weights, or all that a checkpoint holds. */
export type Arrays = Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
