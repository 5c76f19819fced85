import { type CifarVariant, readCifar } from './cifar.js';
import type { Source } from './dataset.js';

const TRAIN_FILES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const TEST_FILE = 'test_batch.bin';
const FOLDER = 'cifar-10-batches-bin';

export const CIFAR10: CifarVariant = {
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  labelBytes: 1,
  trainFiles: TRAIN_FILES,
  testFile: TEST_FILE,
  folder: FOLDER,
  publication: {
    title: 'CIFAR-10',
    url: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    files: [...TRAIN_FILES, TEST_FILE],
    hint: `Take the "binary version", cifar-10-binary.tar.gz; its folder ${FOLDER} may stay as it is.`,
  },
};

/**
 * CIFAR-10: 50,000 photographs and 10,000 for test, 32 x 32 x 3, from the binary version in `directory` or in its
 * folder `cifar-10-batches-bin`. A record is one label byte and 3,072 bytes in CHW order; files with fewer
 * records are accepted.
 *
 * Thrown when a file is missing, unreadable or malformed: see `DatasetErrorCode`.
 */
export function readCifar10(directory: string): Promise<Source> {
  return readCifar(directory, CIFAR10);
}
