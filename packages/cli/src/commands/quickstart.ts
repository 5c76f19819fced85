import { existsSync } from 'node:fs';
import { type Population, bestEntry } from '@galapagos/population';
import { defineCommand } from '../command.js';
import { createFrom } from '../create.js';
import { describeBest } from '../describe-best.js';
import { percent } from '../format.js';
import { openPopulation } from '../ground.js';
import { launch, tellIfFailed } from '../launch.js';
import { drawLeaderboard } from '../leaderboard.js';
import { presets } from '../presets.js';
import type { Terminal } from '../terminal.js';
import { lookAtTest } from '../test-look.js';
import { backendOption, requireWorkers, secondsOf, workersOption } from '../workers-option.js';

export const quickstartCommand = defineCommand({
  name: 'quickstart',
  describe: 'Evolve classifiers of real handwritten digits for three minutes, from nothing',
  positionals: {
    dir: {
      describe: 'The directory of the experiment; made, or gone on with',
      type: 'string',
      default: 'runs/quickstart',
    },
  },
  options: {
    for: { describe: 'How long', type: 'string', default: '3m', requiresArg: true },
    ...workersOption,
    seed: { describe: 'The seed of a new search', type: 'string', requiresArg: true },
    ...backendOption,
  },
  run: async (args, terminal) => {
    requireWorkers(args.workers);
    const seconds = secondsOf('for', args.for);
    const population = await beginOrGoOn(args.dir, args.seed, terminal);
    const workers = Math.min(args.workers, Math.floor(population.experiment.search.populationSize / 2));
    const result = await launch({ population, workers, seconds, backend: args.backend, terminal });
    if (!tellIfFailed(result, terminal)) return result.exitCode;
    await report(population, args.dir, args.backend, terminal);
    return result.exitCode;
  },
});

async function beginOrGoOn(dir: string, seed: string | undefined, terminal: Terminal): Promise<Population> {
  if (existsSync(`${dir}/experiment.json`)) {
    terminal.err(`Going on with the search in ${dir}.`);
    return await openPopulation(dir);
  }
  const { configuration } = presets.quickstart;
  const search = seed === undefined ? configuration.search : { ...configuration.search, seed };
  const { dataset, experiment } = await createFrom(dir, { ...configuration, search }, 'preset quickstart');
  const { train, validation, test } = dataset;
  terminal.err(
    `A new search in ${dir}, seed ${experiment.search.seed}: ${train.count} digits to train on, ${validation.count} to select by, ${test.count} to test with at the end.`,
  );
  terminal.err(
    'The first individuals have no convolution at all: about one digit in four is the best that they can do.',
  );
  return await openPopulation(dir);
}

async function report(
  population: Population,
  dir: string,
  backend: Parameters<typeof lookAtTest>[2],
  terminal: Terminal,
): Promise<void> {
  const best = await bestEntry(population);
  if (best === undefined) return terminal.err('Nobody has been evaluated yet: give it more time.');
  terminal.out('');
  terminal.out('The leaderboard (fitness is the accuracy on the validation images):');
  terminal.out('');
  for (const line of await drawLeaderboard(population, 5)) terminal.out(line);
  for (const line of await describeBest(population, best.id)) terminal.out(line);
  terminal.out('');
  const test = await lookAtTest(population, best.id, backend);
  terminal.out(
    `On ${test.examples} test images, which the search has never seen: ${percent(test.accuracy)}.`,
  );
  terminal.out('');
  terminal.out(`Everything is in ${dir}. Try:`);
  for (const [command, what] of [
    [`ls -r ${dir}/alive`, 'the population, the best first'],
    [`npx galapagos status ${dir}`, 'how it is doing'],
    [`npx galapagos show ${dir} best`, 'one individual'],
    ['npm run quickstart', 'three more minutes of the same search'],
    [`npx galapagos launch ${dir} --for 10m`, 'or ten'],
  ]) {
    terminal.out(`  ${(command ?? '').padEnd(46)} ${what}`);
  }
}
