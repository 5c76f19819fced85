import {
  type Individual,
  type Population,
  PopulationError,
  bestEntry,
  findIndividual,
} from '@galapagos/population';
import { defineCommand, directory, json } from '../command.js';
import { describeMutation } from '../draw-lineage.js';
import { drawNetwork } from '../draw-network.js';
import { count, duration, percent, scaled } from '../format.js';
import { openPopulation } from '../ground.js';

export const showCommand = defineCommand({
  name: 'show',
  describe: 'One individual: fitness, parent, mutations, cost, failure, network',
  positionals: {
    ...directory,
    id: { describe: 'The individual, w1-12 say, or best', type: 'string', demandOption: true },
  },
  options: json,
  run: async ({ dir, id, json: asJson }, terminal) => {
    const population = await openPopulation(dir);
    const individual = await find(population, id);
    if (asJson) terminal.out(JSON.stringify(individual, null, 2));
    else for (const line of describe(population, individual)) terminal.out(line);
    return 0;
  },
});

async function find(population: Population, id: string): Promise<Individual> {
  const wanted = id === 'best' ? (await bestEntry(population))?.id : id;
  const individual = wanted === undefined ? undefined : await findIndividual(population, wanted);
  if (individual !== undefined) return individual;
  throw new PopulationError('INVALID', `there is no individual ${id} in ${population.root}`);
}

function describe(population: Population, individual: Individual): string[] {
  const { id, state, tenure, dna, birth, evaluation, failure, attempt, folder } = individual;
  const { image } = population.experiment.search;
  const parent =
    birth.parent === null
      ? 'none: of the first kind'
      : `${birth.parent.id} (${percent(birth.parent.fitness)})`;
  return [
    `individual   ${id}, ${state}, tenure ${tenure}`,
    `fitness      ${evaluation === undefined ? 'not evaluated' : percent(evaluation.fitness)}${evaluation?.diverged === true ? ': its loss was no longer a number' : ''}`,
    `born         ${birth.bornAt} by ${birth.worker}`,
    `parent       ${parent}`,
    ...birth.mutations.map((mutation) =>
      mutation.outcome === 'applied'
        ? `mutation     ${describeMutation(mutation)}`
        : `drawn        ${mutation.mutation} in vain: ${mutation.outcome === 'no-site' ? 'no legal site' : mutation.detail}`,
    ),
    `rates        learning ${dna.learningRate.toPrecision(3)}, weight decay ${dna.weightDecayRate.toPrecision(3)}`,
    ...(evaluation === undefined
      ? []
      : [
          `cost         ${duration(evaluation.seconds)}, ${evaluation.steps} steps, ${scaled(evaluation.flops)}FLOP, ${count(evaluation.parameters, 'parameters')}, on ${evaluation.backend}`,
        ]),
    ...(attempt === undefined ? [] : [`seed         ${attempt.seed}, attempt ${attempt.attempt}`]),
    ...(failure === undefined
      ? []
      : [`failure      ${failure.class}: ${failure.reason}`, ...logTail(failure.log)]),
    ...(folder === undefined ? [] : [`directory    ${folder}`]),
    '',
    ...drawNetwork(dna, image, population.experiment.classes.length),
  ];
}

function logTail(log: string): string[] {
  return log === ''
    ? []
    : log
        .trimEnd()
        .split('\n')
        .slice(-10)
        .map((line) => `  | ${line}`);
}
