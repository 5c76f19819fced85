import type { Individual, Population } from '@galapagos/population';
import { defineCommand, directory, json, printJson } from '../command.js';
import { describeMutation } from '../draw-lineage.js';
import { drawNetwork } from '../draw-network.js';
import { count, duration, percent, scaled } from '../format.js';
import { findMeant } from '../find.js';
import { openPopulation } from '../ground.js';
import { individualShape } from '../shapes.js';

export const showCommand = defineCommand({
  name: 'show',
  describe: 'One individual: fitness, parent, mutations, cost, failure, network',
  positionals: {
    ...directory,
    id: { describe: 'The individual, w1-12 say, or best', type: 'string', demandOption: true },
  },
  options: json,
  output: individualShape,
  examples: [
    ['show runs/a best', 'the fittest that ever lived'],
    ['show runs/a w1-12 --json', 'one of the dead, for a script'],
  ],
  run: async ({ dir, id, json: asJson }, terminal) => {
    const population = await openPopulation(dir);
    const individual = await findMeant(population, id);
    if (asJson) printJson(terminal, individualShape, individual);
    else for (const line of describe(population, individual, terminal.columns)) terminal.out(line);
    return 0;
  },
});

function describe(population: Population, individual: Individual, columns: number | undefined): string[] {
  const { id, state, tenure, dna, birth, evaluation, failure, attempt, folder } = individual;
  const { image } = population.experiment.search;
  const parent =
    birth.parent === null
      ? 'none: of the first kind'
      : `${birth.parent.id} (${percent(birth.parent.fitness)})`;
  return [
    `individual   ${id}, ${states[state]}, tenure ${tenure}`,
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
    ...drawNetwork(dna, image, population.experiment.classes.length, columns),
  ];
}

const states: Record<Individual['state'], string> = {
  training: 'in training',
  alive: 'alive',
  dead: 'dead, not collected yet',
  'hall-of-fame': 'dead, in the hall of fame',
  collected: 'dead; its record is left',
};

function logTail(log: string): string[] {
  return log === ''
    ? []
    : log
        .trimEnd()
        .split('\n')
        .slice(-10)
        .map((line) => `  | ${line}`);
}
