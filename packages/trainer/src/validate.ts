import type { ImageSet } from '@galapagos/datasets';
import type { Examples } from './examples.js';
import type { Network } from './network.js';

/**
 * The share of a set that a network classifies correctly.
 * @param between Called before each batch; false ends it.
 * @returns Undefined when it was ended.
 */
export async function validate(
  network: Network,
  examples: Examples,
  set: ImageSet,
  between: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<number | undefined> {
  let correct = 0;
  const { size } = network.inference;
  for (let from = 0; from < set.count; from += size) {
    if (!(await between())) return undefined;
    const count = Math.min(size, set.count - from);
    examples.plain(set, from, count, network.inference);
    correct += network.countCorrect(count);
  }
  return correct / set.count;
}
