import { type CifarVariant, readCifar } from './cifar.js';
import type { Source } from './dataset.js';

/** The fine labels, in the order of `fine_label_names.txt`. */
const CLASSES = `
  apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
  caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
  forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
  mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
  possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
  sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
  willow_tree wolf woman worm`
  .trim()
  .split(/\s+/);

const FOLDER = 'cifar-100-binary';

export const CIFAR100: CifarVariant = {
  classes: CLASSES,
  labelBytes: 2,
  trainFiles: ['train.bin'],
  testFile: 'test.bin',
  folder: FOLDER,
  publication: {
    title: 'CIFAR-100',
    url: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    files: ['train.bin', 'test.bin'],
    hint: `Take the "binary version", cifar-100-binary.tar.gz; its folder ${FOLDER} may stay as it is.`,
  },
};

/**
 * CIFAR-100: 50,000 photographs and 10,000 for test, 32 x 32 x 3, 100 classes (the fine labels), from the binary version
 * in `directory` or in its folder `cifar-100-binary`. A record is the coarse label, the fine one, and 3,072 bytes in
 * CHW order; files with fewer records are accepted.
 *
 * Thrown when a file is missing, unreadable or malformed: see `DatasetErrorCode`.
 */
export function readCifar100(directory: string): Promise<Source> {
  return readCifar(directory, CIFAR100);
}
