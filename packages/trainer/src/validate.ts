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
  batchSize: number,
  between: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<number | undefined> {
  let correct = 0;
  for (let from = 0; from < set.count; from += batchSize) {
    if (!(await between())) return undefined;
    const { images, labels } = examples.plain(set, from, Math.min(batchSize, set.count - from));
    try {
      correct += network.countCorrect(images, labels);
    } finally {
      images.dispose();
      labels.dispose();
    }
  }
  return correct / set.count;
}
