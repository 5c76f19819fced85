import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isPack } from '@galapagos/datasets';
import { EXPERIMENT_FILE } from '@galapagos/population';
import { defineCommand, directory } from '../command.js';
import { duration, quote } from '../format.js';
import { merge, parseAssignment, readConfigurationFile } from '../configuration-file.js';
import { type Created, createFrom } from '../create.js';
import { thisMachine, workersThatFit } from '../machine.js';
import { dataOf } from '../data-flag.js';
import { describeLease } from '../describe-mount.js';
import { describeNeeds } from '../needs.js';
import { type PresetName, presetNames, presets } from '../presets.js';
import { UsageError } from '../usage-error.js';
import { PROGRAM } from '../program.js';

export const initCommand = defineCommand({
  name: 'init',
  describe: 'Make the directory of a new search',
  positionals: directory,
  options: {
    preset: {
      describe: `Where to start from: ${presetNames.map((name) => `${name} (${presets[name].about})`).join('; ')}`,
      choices: presetNames,
    },
    config: {
      describe: 'A configuration file, YAML or JSON, laid over the preset',
      type: 'string',
      requiresArg: true,
    },
    data: {
      describe: 'Your packed images (data.file), or where the files of the data set are (data.directory)',
      type: 'string',
      requiresArg: true,
    },
    seed: { describe: 'The seed of the search (search.seed)', type: 'string', requiresArg: true },
    set: {
      describe: 'One field, laid over everything else: --set search.populationSize=20',
      type: 'string',
      array: true,
      requiresArg: true,
      default: [] as string[],
    },
    'if-missing': {
      describe: 'Where there is one already, leave it as it is, and end with 0',
      type: 'boolean',
      default: false,
    },
  },
  examples: [
    ['init runs/digits --preset quickstart', 'MNIST digits, minutes'],
    ['init runs/a --preset cifar10-small --data ~/cifar-10-batches-bin', 'CIFAR-10, hours'],
    ['init runs/b --config search.yaml', 'your own configuration'],
    ['init runs/pets --data pets.gpack', 'your own images: see galapagos data import'],
  ],
  run: async ({ dir, preset: asked, config, data, seed, set, 'if-missing': ifMissing }, terminal) => {
    const isNamed = asked !== undefined || config !== undefined;
    const preset = !isNamed && data !== undefined && isPack(data) ? 'images' : asked;
    if (preset === undefined && config === undefined && data === undefined && set.length === 0) {
      throw new UsageError(
        `init needs --preset, --config, --data or --set; presets are ${presetNames.join(', ')}`,
      );
    }
    const assigned = set.map(parseAssignment);
    const below = [
      preset === undefined ? {} : presets[preset].configuration,
      config === undefined ? {} : await readConfigurationFile(config),
    ];
    const layers = [
      ...below,
      ...(data === undefined ? [] : [dataOf(data, [...below, ...assigned].reduce(merge))]),
      ...(seed === undefined ? [] : [{ search: { seed } }]),
      ...assigned,
    ];
    const source = [
      ...(preset === undefined ? [] : [`preset ${preset}`]),
      ...(config === undefined ? [] : [config]),
      ...(set.length > 0 ? ['--set'] : []),
    ].join(' + ');
    const isThere = () => ifMissing && existsSync(resolve(dir, EXPERIMENT_FILE));
    const created = isThere()
      ? undefined
      : await createFrom(dir, layers.reduce(merge), source).catch((error: unknown) => {
          // Somebody else was first.
          if (isThere()) return undefined;
          throw error;
        });
    if (created === undefined) {
      terminal.err(`${dir}: there is a search already; it stays as it is`);
      return 0;
    }
    for (const line of await describe(dir, created, preset)) terminal.err(line);
    return 0;
  },
});

/** Births after which a search is looked at, where no preset and no budget says so: of so many generations. */
const GENERATIONS = 25;

async function describe(dir: string, created: Created, preset: PresetName | undefined): Promise<string[]> {
  const { experiment, dataset } = created;
  const { image, populationSize } = experiment.search;
  const workers = workersThatFit(thisMachine(), populationSize);
  const own = { individuals: experiment.bounds.individuals ?? GENERATIONS * populationSize };
  const length = preset === undefined || experiment.bounds.individuals !== null ? own : presets[preset];
  const counts = [dataset.train, dataset.validation, dataset.test].map((set) => set.count);
  return [
    `${dir}: a search on ${dataset.name}, ${image.height}×${image.width}×${image.channels}, ${dataset.classes.length} classes`,
    `  ${counts[0]} examples for training, ${counts[1]} for validation, ${counts[2]} for test`,
    ...describeFit(created).map((line) => `  ${line}`),
    ...(await describeNeeds(dir, created, workers, length)).map((line) => `  ${line}`),
    `Next: ${PROGRAM} launch ${quote(dir)} --workers ${workers}`,
  ];
}

/** What workers will find there, and what follows for the bounds. */
function describeFit({ fit, beside, experiment }: Created): string[] {
  const { leaseSeconds } = experiment.bounds;
  const asked = fit.settings.leaseSeconds;
  const others = beside.slice(0, 3).join(', ') + (beside.length > 3 ? ', …' : '');
  return [
    `The filesystem is ${fit.verdict}; ${describeLease(leaseSeconds)} (bounds.leaseSeconds).`,
    ...fit.limits.map(
      ({ subject, measured, follows }) =>
        `  ${subject}: ${measured}${follows === null ? '' : `; ${follows}`}.`,
    ),
    ...(leaseSeconds < asked
      ? [`  This filesystem asks for ${duration(asked)}: one that only hesitates would be taken for gone.`]
      : []),
    ...(beside.length > 0
      ? [`The directory held other things before (${others}), which stay as they are.`]
      : []),
  ];
}
