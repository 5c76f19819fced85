import { existsSync, statSync } from 'node:fs';
import {
  type Dataset,
  DatasetError,
  type ImageSet,
  datasetOptionsSchema,
  drawSheet,
  loadDataset,
} from '@galapagos/datasets';
import { errorCode } from '@galapagos/population';
import { trainingSchema } from '@galapagos/trainer';
import { z } from 'zod';
import { defineCommand, json, printJson } from '../command.js';
import { fit, table } from '../format.js';
import { openPopulation } from '../ground.js';
import { PNG_BEGIN, refuseOther } from '../output-file.js';
import { refuseOtherData } from '../refuse-other-data.js';
import { UsageError } from '../usage-error.js';

const counts = z.strictObject({ train: z.int(), validation: z.int(), test: z.int() });
const shape = z.strictObject({
  name: z.string(),
  file: z.string().nullable().describe('The packed file; null where the images are in memory.'),
  checksum: z.string().describe('SHA-256 of the contents.'),
  height: z.int(),
  width: z.int(),
  channels: z.int(),
  normalization: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
  counts,
  classes: z.array(z.strictObject({ name: z.string(), ...counts.shape })),
});

export const dataShowCommand = defineCommand({
  name: 'data show',
  describe: 'What a data set holds: counts for each class, and a sheet of samples',
  positionals: {
    what: {
      describe: 'A packed file, or the directory of an experiment',
      type: 'string',
      demandOption: true,
    },
  },
  options: {
    sheet: { describe: 'Draw samples of each class into this PNG file', type: 'string', requiresArg: true },
    augmented: {
      describe: 'Draw what padCrop and flip of the experiment make of one image of each class',
      type: 'boolean',
      default: false,
    },
    seed: { describe: 'Seed of the samples that are drawn', type: 'number', requiresArg: true, default: 0 },
    ...json,
  },
  output: shape,
  examples: [
    ['data show pets.gpack --sheet sheet.png', 'one row for each class'],
    ['data show runs/pets --sheet seen.png --augmented', 'as training sees them'],
  ],
  run: async ({ what, sheet, augmented, seed, json: asJson }, terminal) => {
    if (augmented && sheet === undefined)
      throw new UsageError('--augmented says what to draw: add --sheet FILE.png');
    const { dataset, augmentation } = await open(what);
    try {
      if (augmented && augmentation === undefined) {
        throw new UsageError(
          `${what}: --augmented needs an experiment, whose training says padCrop and flip`,
        );
      }
      if (asJson) printJson(terminal, shape, describe(dataset));
      else for (const line of fit(tabulate(dataset), terminal.columns)) terminal.out(line);
      if (sheet !== undefined) {
        await draw(dataset, sheet, { seed, augmentation: augmented ? augmentation : undefined });
        terminal.err(`drawn: ${sheet}`);
      }
      return 0;
    } finally {
      dataset.close();
    }
  },
});

async function draw(
  dataset: Dataset,
  sheet: string,
  options: Parameters<typeof drawSheet>[2],
): Promise<void> {
  await refuseOther('sheet', sheet, PNG_BEGIN);
  try {
    await drawSheet(dataset, sheet, options);
  } catch (error) {
    if (errorCode(error) === '') throw error;
    throw new UsageError(`--sheet ${sheet}: cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The whole file is read, so that a damaged one is not shown as though it were right. */
async function open(what: string) {
  if (existsSync(what) && statSync(what).isDirectory()) {
    if (!existsSync(`${what}/experiment.json`)) {
      throw new UsageError(
        `${what}: is no experiment; a folder of images is packed first: galapagos data import ${what} data.gpack`,
      );
    }
    const population = await openPopulation(what);
    const { data, dataChecksum: checksum, training } = population.experiment;
    const dataset = await loadDataset(datasetOptionsSchema.parse(data), { checksum });
    refuseOtherData(population, dataset.checksum);
    const { padCrop, flip } = trainingSchema.parse(training);
    return { dataset, augmentation: { padCrop, flip } };
  }
  if (!existsSync(what)) throw new DatasetError('missing-file', `${what}: no such file or directory`);
  return { dataset: await loadDataset({ source: 'packed', file: what }), augmentation: undefined };
}

function describe(dataset: Dataset): z.infer<typeof shape> {
  const { name, file = null, checksum, height, width, channels, normalization, classes } = dataset;
  const [train, validation, test] = [dataset.train, dataset.validation, dataset.test].map((set) =>
    perClass(set, classes.length),
  );
  return {
    ...{ name, file, checksum, height, width, channels, normalization },
    counts: { train: dataset.train.count, validation: dataset.validation.count, test: dataset.test.count },
    classes: classes.map((className, label) => ({
      name: className,
      train: train?.[label] ?? 0,
      validation: validation?.[label] ?? 0,
      test: test?.[label] ?? 0,
    })),
  };
}

function perClass({ labels }: ImageSet, classes: number): number[] {
  const found = Array<number>(classes).fill(0);
  for (const label of labels) found[label] = (found[label] ?? 0) + 1;
  return found;
}

function tabulate(dataset: Dataset): string[] {
  const {
    name,
    file,
    checksum,
    height,
    width,
    channels,
    normalization,
    counts: total,
    classes,
  } = describe(dataset);
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(', ');
  return [
    `${name}, ${height}×${width}×${channels}, ${classes.length} classes${file === null ? '' : `, in ${file}`}`,
    `mean ${numbers(normalization.mean)}, deviation ${numbers(normalization.deviation)} of the training images`,
    `SHA-256 ${checksum}`,
    '',
    ...table(
      ['class', 'train', 'validation', 'test'],
      [
        ...classes.map((one) => [one.name, String(one.train), String(one.validation), String(one.test)]),
        ['all', String(total.train), String(total.validation), String(total.test)],
      ],
    ),
  ];
}
