import type { Publication } from './data-file.js';
import type { Source } from './dataset.js';
import { MNIST_FILES, readMnistFiles } from './mnist.js';

const CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

const PUBLICATION: Publication = {
  title: 'Fashion-MNIST',
  url: 'https://github.com/zalandoresearch/fashion-mnist',
  files: MNIST_FILES,
  hint: 'They may stay compressed (.gz).',
};

/**
 * Fashion-MNIST: 60,000 pictures of clothes and 10,000 for test, 28 x 28 x 1. Its files bear the names of MNIST's and
 * have their form, so give it a directory of its own: nothing in a file tells the two apart.
 *
 * Thrown when a file is missing, unreadable or malformed: see `DatasetErrorCode`.
 */
export function readFashionMnist(directory: string): Promise<Source> {
  return readMnistFiles(directory, PUBLICATION, CLASSES);
}
