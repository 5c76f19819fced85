import { existsSync } from 'node:fs';
import { type Population, PopulationError, bestEntry } from '@galapagos/population';
import type { BackendChoice } from '@galapagos/trainer';
import { defineCommand } from '../command.js';
import { createFrom } from '../create.js';
import { describeBest } from '../describe-best.js';
import { ExitCode } from '../exit-codes.js';
import { fit, percent, quote } from '../format.js';
import { planGpus } from '../gpu-plan.js';
import { openPopulation } from '../ground.js';
import { launch } from '../launch/launch.js';
import { drawLeaderboard } from '../leaderboard.js';
import { presets } from '../presets.js';
import type { Terminal } from '../terminal.js';
import { lookAtTest } from '../test-look.js';
import { UsageError } from '../usage-error.js';
import {
  backendOption,
  defaultWorkers,
  requireWorkers,
  secondsOf,
  workersOption,
} from '../workers-option.js';
import { PROGRAM } from '../program.js';

const DIRECTORY = 'runs/quickstart';

export const quickstartCommand = defineCommand({
  name: 'quickstart',
  describe: 'Evolve classifiers of real handwritten digits for three minutes, from nothing',
  positionals: {
    dir: {
      describe: 'The directory of the experiment; made, or gone on with',
      type: 'string',
      default: DIRECTORY,
    },
  },
  options: {
    for: { describe: 'How long', type: 'string', default: '3m', requiresArg: true },
    ...workersOption,
    seed: { describe: 'The seed of a new search', type: 'string', requiresArg: true },
    ...backendOption,
  },
  examples: [
    ['quickstart', 'three minutes in runs/quickstart; again for three more'],
    ['quickstart runs/q --for 10m --seed 1', 'ten minutes of another search'],
  ],
  run: async (args, terminal) => {
    requireWorkers(args.workers);
    const seconds = secondsOf('for', args.for);
    const population = await beginOrGoOn(args.dir, args.seed, terminal);
    const { backend } = args;
    const gpus = await planGpus({ gpus: 'auto', workersPerGpu: 1, workers: args.workers, backend }, terminal);
    const workers = args.workers ?? defaultWorkers(population, 2, gpus.places);
    const { exitCode, isForced } = await launch({
      population,
      workers,
      seconds,
      worker: { backend },
      gpus,
      terminal,
    });
    if (exitCode === ExitCode.done && !isForced) await report(population, args, terminal);
    return exitCode;
  },
});

async function beginOrGoOn(dir: string, seed: string | undefined, terminal: Terminal): Promise<Population> {
  if (existsSync(`${dir}/experiment.json`)) return await goOn(dir, seed, terminal);
  const { configuration } = presets.quickstart;
  const search = seed === undefined ? configuration.search : { ...configuration.search, seed };
  try {
    const made = await createFrom(dir, { ...configuration, search }, 'preset quickstart');
    tellOfBeginning(dir, made, terminal);
    return await openPopulation(dir);
  } catch (error) {
    // Another began it in this very moment.
    if (error instanceof PopulationError && error.code === 'EXPERIMENT_EXISTS')
      return await goOn(dir, seed, terminal);
    throw error;
  }
}

async function goOn(dir: string, seed: string | undefined, terminal: Terminal): Promise<Population> {
  const population = await openPopulation(dir);
  const { search, data } = population.experiment;
  if (data['source'] !== presets.quickstart.configuration.data.source) {
    throw new UsageError(
      `${dir}: another search is there, on ${String(data['source'])}; go on with it by: galapagos launch ${quote(dir)}`,
    );
  }
  const { seed: before } = search;
  if (seed !== undefined && seed !== before) {
    throw new UsageError(
      `${dir}: a search with seed ${before} is there; another seed needs another directory`,
    );
  }
  terminal.err(`Going on with the search in ${dir}.`);
  return population;
}

function tellOfBeginning(
  dir: string,
  { dataset, experiment }: Awaited<ReturnType<typeof createFrom>>,
  terminal: Terminal,
): void {
  const { train, validation, test } = dataset;
  terminal.err(
    `A new search in ${dir}, seed ${experiment.search.seed}: ${train.count} digits to train on, ${validation.count} to select by, ${test.count} to test with at the end.`,
  );
  terminal.err(
    'The first individuals have no convolution at all: about one digit in four is the best that they can do.',
  );
}

async function report(
  population: Population,
  { dir, backend }: { readonly dir: string; readonly backend: BackendChoice },
  terminal: Terminal,
): Promise<void> {
  const best = await bestEntry(population);
  if (best === undefined) return terminal.err('Nobody has been evaluated yet: give it more time.');
  const { columns } = terminal;
  const say = (...lines: string[]) => {
    for (const line of lines) terminal.out(line);
  };
  say('', 'The leaderboard (fitness is the accuracy on the validation images):', '');
  say(...fit(await drawLeaderboard(population, 5), columns));
  say(...(await describeBest(population, best.id, columns)), '');
  const test = await lookAtTest(population, best.id, backend);
  say(`On ${test.examples} test images, which the search has never seen: ${percent(test.accuracy)}.`, '');
  say(`Everything is in ${dir}. Try:`, ...nextCommands(dir));
}

function nextCommands(directory: string): string[] {
  const dir = quote(directory);
  const isClone = PROGRAM.startsWith('npx');
  const again = isClone && dir === DIRECTORY ? 'npm run quickstart' : `${PROGRAM} quickstart ${dir}`;
  const commands = [
    [`ls -r ${dir}/alive`, 'the population, the best first'],
    [`${PROGRAM} status ${dir}`, 'how it is doing'],
    [`${PROGRAM} show ${dir} best`, 'one individual'],
    [again, 'three more minutes of the same search'],
    [`${PROGRAM} launch ${dir} --for 10m`, 'or ten'],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  return commands.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`);
}
