import { defineCommand, directory } from '../command.js';
import { quote } from '../format.js';
import {
  type RawConfiguration,
  merge,
  parseAssignment,
  readConfigurationFile,
} from '../configuration-file.js';
import { createFrom } from '../create.js';
import { describeNeeds } from '../needs.js';
import { presetNames, presets } from '../presets.js';
import { UsageError } from '../usage-error.js';

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
      describe: 'Where the files of the data set are (data.directory)',
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
  },
  examples: [
    ['init runs/digits --preset quickstart', 'MNIST digits, minutes'],
    ['init runs/a --preset cifar10-small --data ~/cifar-10-batches-bin', 'CIFAR-10, hours'],
    ['init runs/b --config search.yaml', 'your own configuration'],
  ],
  run: async ({ dir, preset, config, data, seed, set }, terminal) => {
    if (preset === undefined && config === undefined && set.length === 0) {
      throw new UsageError(`init needs --preset, --config or --set; presets are ${presetNames.join(', ')}`);
    }
    const flags: RawConfiguration = {
      ...(data === undefined ? {} : { data: { directory: data } }),
      ...(seed === undefined ? {} : { search: { seed } }),
    };
    const layers = [
      preset === undefined ? {} : presets[preset].configuration,
      config === undefined ? {} : await readConfigurationFile(config),
      flags,
      ...set.map(parseAssignment),
    ];
    const source = [
      ...(preset === undefined ? [] : [`preset ${preset}`]),
      ...(config === undefined ? [] : [config]),
      ...(set.length > 0 ? ['--set'] : []),
    ].join(' + ');
    const { experiment, dataset } = await createFrom(dir, layers.reduce(merge), source);
    const { height, width, channels } = experiment.search.image;
    terminal.err(
      `${dir}: a search on ${dataset.name}, ${height}×${width}×${channels}, ${dataset.classes.length} classes`,
    );
    terminal.err(
      `  ${dataset.train.count} examples for training, ${dataset.validation.count} for validation, ${dataset.test.count} for test`,
    );
    for (const line of await describeNeeds(dir, experiment, dataset)) terminal.err(`  ${line}`);
    terminal.err(`Next: npx galapagos launch ${quote(dir)} --workers 2`);
    return 0;
  },
});
