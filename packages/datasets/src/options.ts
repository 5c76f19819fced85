import { z } from 'zod';
import { DatasetError } from './errors.js';

const positive = z.int().min(1);

/** How many synthetic images there are, and of what size. */
const syntheticSchema = z.strictObject({
  height: z.int().min(4).max(64).default(12).describe('Pixels from top to bottom. Default 12.'),
  width: z.int().min(4).max(64).default(12).describe('Pixels from left to right. Default 12.'),
  channels: z.int().min(1).max(4).default(1).describe('Channels of a pixel. Default 1.'),
  classes: z.int().min(2).max(16).default(4).describe('Directions of the stripes. Default 4.'),
  examples: positive
    .max(1_000_000)
    .default(4000)
    .describe('Images in all, for training, validation and test. Default 4000.'),
  noise: z.number().min(0).max(1).default(0.2).describe('Amplitude of the noise, 0 to 1. Default 0.2.'),
});

const fields = z.strictObject({
  source: z
    .enum(['packed', 'mnist-embedded', 'mnist', 'fashion-mnist', 'cifar10', 'cifar100', 'synthetic'])
    .describe(
      'packed: your own images, in `file`. mnist-embedded: 10,000 real digits that come with the program. ' +
        'mnist, fashion-mnist, cifar10, cifar100: the published files, in `directory`. ' +
        'synthetic: noisy stripes, for tests.',
    ),
  file: z
    .string()
    .min(1)
    .optional()
    .describe('What `galapagos data import` has made; for packed only, which needs it.'),
  directory: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Where the published files are; for mnist, fashion-mnist, cifar10 and cifar100 only, which need it.',
    ),
  seed: z
    .int()
    .min(0)
    .optional()
    .meta({ default: 0 })
    .describe(
      'Decides the split (and the synthetic images); the same for ever in one experiment. Default 0.',
    ),
  validation: positive
    .optional()
    .meta({ default: 1000 })
    .describe('Images for validation, taken from those for training. Default 1000.'),
  test: positive
    .optional()
    .describe(
      'Images for test, for mnist-embedded and synthetic, which have no test set of their own. Default 1000.',
    ),
  train: positive.optional().describe('Images for training. Default: all that remain.'),
  meanPool: positive
    .optional()
    .meta({ default: 1 })
    .describe(
      'Makes images smaller by the mean of so many by so many pixels: 2 makes 28 x 28 to 14 x 14. Default 1.',
    ),
  synthetic: syntheticSchema.optional().describe('Sizes, for synthetic only.'),
});

type Fields = z.output<typeof fields>;

/** What decides how a named source is split; a packed one has it all in its file. */
const SPLITTING = ['seed', 'validation', 'test', 'train', 'meanPool'] as const;

/**
 * The options of a data set, as a configuration has them: unknown keys are refused, defaults are filled in, and what
 * does not go together is reported at the key that is wrong.
 */
export const datasetOptionsSchema = fields
  .superRefine((options, context) => {
    const refuse = (key: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], message });
    };
    const { source } = options;
    if (source === 'packed') refuseWithPacked(options, refuse);
    else refuseWithNamed(options, refuse);
    if (source !== 'synthetic' && options.synthetic) refuse('synthetic', `does not go with ${source}`);
  })
  .transform(withDefaults);

type Refuse = (key: string, message: string) => void;

function refuseWithPacked(options: Fields, refuse: Refuse): void {
  if (options.file === undefined) refuse('file', 'packed needs it');
  if (options.directory !== undefined) refuse('directory', 'packed has a file, no directory');
  for (const key of SPLITTING) {
    if (options[key] === undefined) continue;
    refuse(key, 'does not go with packed: galapagos data import has decided it, and the file has it');
  }
}

function refuseWithNamed(options: Fields, refuse: Refuse): void {
  const { source } = options;
  const fromFiles = source !== 'mnist-embedded' && source !== 'synthetic';
  if (options.file !== undefined) refuse('file', `does not go with ${source}`);
  if (fromFiles && options.directory === undefined) refuse('directory', `${source} needs it`);
  if (!fromFiles && options.directory !== undefined) refuse('directory', `${source} reads no files`);
  if (fromFiles && options.test !== undefined) refuse('test', `${source} has a test set of its own`);
}

function withDefaults(options: Fields): Fields {
  if (options.source === 'packed') return options;
  return {
    ...options,
    seed: options.seed ?? 0,
    validation: options.validation ?? 1000,
    meanPool: options.meanPool ?? 1,
  };
}

/** What `loadDataset` is given. */
export type DatasetOptions = z.input<typeof datasetOptionsSchema>;

/** The sizes of a synthetic data set, defaults filled in. */
export type SyntheticOptions = z.output<typeof syntheticSchema>;

type FileSource = 'mnist' | 'fashion-mnist' | 'cifar10' | 'cifar100';

interface Splitting {
  seed: number;
  validation: number;
  test: number;
  train: number | undefined;
  meanPool: number;
}

/** Options of a source that is known by its name, in which nothing is left open. */
export type NamedOptions = Splitting &
  (
    | { source: FileSource; directory: string }
    | { source: 'mnist-embedded' }
    | { source: 'synthetic'; synthetic: SyntheticOptions }
  );

/** Thrown when the options do not fit `datasetOptionsSchema` (`bad-options`). */
export function resolveDatasetOptions(
  options: DatasetOptions,
): NamedOptions | { source: 'packed'; file: string } {
  const parsed = datasetOptionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new DatasetError('bad-options', `Options of the data set:\n${z.prettifyError(parsed.error)}`);
  }
  const { source, file = '', directory = '', synthetic, train } = parsed.data;
  const { seed = 0, validation = 1000, test = 1000, meanPool = 1 } = parsed.data;
  const splitting: Splitting = { seed, validation, test, train, meanPool };
  switch (source) {
    case 'packed':
      return { source, file };
    case 'mnist-embedded':
      return { ...splitting, source };
    case 'synthetic':
      return { ...splitting, source, synthetic: syntheticSchema.parse(synthetic ?? {}) };
    case 'mnist':
    case 'fashion-mnist':
    case 'cifar10':
    case 'cifar100':
      return { ...splitting, source, directory };
  }
}
