import type { ImageSet } from '@galapagos/datasets';
import type { Examples } from './examples.js';
import type { Network } from './network.js';

/** Examples of one forward pass. */
const BATCH = 100;

/** The share of a set that a network classifies correctly. */
export async function validate(
  network: Network,
  examples: Examples,
  set: ImageSet,
  between: () => Promise<void>,
): Promise<number> {
  let correct = 0;
  for (const { images, labels } of examples.all(set, BATCH)) {
    await between();
    correct += network.countCorrect(images, labels);
    images.dispose();
    labels.dispose();
  }
  return correct / set.count;
}
