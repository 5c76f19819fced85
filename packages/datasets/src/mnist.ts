import type { Publication } from './data-file.js';
import { checkLabels, fileError } from './data-file.js';
import type { ImageSet, Source } from './dataset.js';
import { readIdx } from './idx.js';
import { imagesInMemory } from './image-set.js';

const SIDE = 28;

/** The four files of MNIST and of the data sets that took over its form. */
export const MNIST_FILES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;

export const MNIST_CLASSES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

const PUBLICATION: Publication = {
  title: 'MNIST',
  url: 'http://yann.lecun.com/exdb/mnist/',
  files: MNIST_FILES,
  hint: 'They may stay compressed (.gz).',
};

/**
 * MNIST: 60,000 handwritten digits and 10,000 for test, 28 x 28 x 1, from its four files. Files with fewer examples
 * are accepted.
 *
 * Thrown when a file is missing, unreadable or malformed: see `DatasetErrorCode`.
 */
export function readMnist(directory: string): Promise<Source> {
  return readMnistFiles(directory, PUBLICATION, MNIST_CLASSES);
}

/** The same for any data set of ten classes in the form of MNIST. */
export async function readMnistFiles(
  directory: string,
  publication: Publication,
  classes: string[],
): Promise<Source> {
  const [trainImages, trainLabels, testImages, testLabels] = MNIST_FILES;
  const read = (images: string, labels: string) => readSet(directory, images, labels, publication, classes);
  const pool = await read(trainImages, trainLabels);
  const ownTest = await read(testImages, testLabels);
  return { height: SIDE, width: SIDE, channels: 1, classes, pool, ownTest };
}

async function readSet(
  directory: string,
  imagesName: string,
  labelsName: string,
  publication: Publication,
  classes: string[],
): Promise<ImageSet> {
  const images = await readIdx(directory, imagesName, 3, publication);
  const [count, height, width] = images.dimensions as [number, number, number];
  if (count === 0 || height !== SIDE || width !== SIDE) {
    const expected = `at least one image of ${SIDE} x ${SIDE} pixels`;
    throw fileError('malformed-file', images.path, expected, `${count} of ${height} x ${width}`, publication);
  }
  const labels = await readIdx(directory, labelsName, 1, publication);
  if (labels.values.length !== count) {
    const found = `${labels.values.length} labels`;
    throw fileError(
      'malformed-file',
      labels.path,
      `${count} labels, one per image of ${imagesName}`,
      found,
      publication,
    );
  }
  checkLabels(labels.values, classes.length, labels.path, publication);
  return imagesInMemory(images.values, labels.values, SIDE * SIDE);
}
