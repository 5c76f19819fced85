import type { NetworkCost } from './flops.js';
import type { TrainingSettings } from './settings.js';

/** Which limit a network exceeds, and by what; undefined where it keeps them all. Seconds are known only in training. */
export function excessOver(cost: NetworkCost, { limits, batchSize }: TrainingSettings): string | undefined {
  const found = [
    ['parameters', cost.parameters],
    ['flopsPerExample', cost.flopsPerStep / batchSize],
    ['memoryBytes', cost.memoryBytes],
  ] as const;
  const beyond = found.find(([limit, value]) => value > limits[limit]);
  if (beyond === undefined) return undefined;
  const [limit, value] = beyond;
  return `${Math.round(value)} ${limit}; limits.${limit} is ${limits[limit]}`;
}
