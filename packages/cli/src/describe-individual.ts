import type { DrawnMutation } from '@galapagos/dna';
import type { Evaluation, Individual, Outline, Population, WorkerDocument } from '@galapagos/population';
import { describeMutation } from './draw-lineage.js';
import { drawNetwork } from './draw-network.js';
import { count, duration, percent, points, scaled } from './format.js';
import { plot } from './plot.js';

/** What is said of an individual beside what it holds itself. */
export interface Surroundings {
  readonly children: readonly Outline[];
  /** Who trains or trained it. */
  readonly owner: WorkerDocument | undefined;
}

/** Children that are named. */
const NAMED = 8;
const LOG_LINES = 10;

/** All that there is to say of an individual, as lines of text. */
export function describeIndividual(
  population: Population,
  individual: Individual,
  surroundings: Surroundings,
  columns: number | undefined,
): string[] {
  const { dna, folder, curve } = individual;
  const { search, classes } = population.experiment;
  return [
    ...describeLife(individual, surroundings),
    ...describeBirth(individual),
    `dna          ${dnaSummary(individual)}`,
    ...describeTraining(individual, surroundings),
    ...describeFailure(individual),
    ...(folder === undefined ? [] : [`directory    ${folder}`]),
    ...(curve === undefined ? [] : ['', 'loss by step', ...plot(curve, columns)]),
    '',
    ...drawNetwork(dna, search.image, classes.length, columns),
  ];
}

function describeLife({ id, state, tenure, evaluation, birth }: Individual, { children }: Surroundings) {
  const { parent } = birth;
  const gain =
    parent === null || evaluation === undefined
      ? ''
      : `, ${points(evaluation.fitness - parent.fitness)} against its parent`;
  const diverged = evaluation?.diverged === true ? ': its loss was no longer a number' : '';
  return [
    `individual   ${id}, ${states[state]}, tenure ${tenure}`,
    `fitness      ${evaluation === undefined ? 'not evaluated' : `${percent(evaluation.fitness)}${diverged}${gain}`}`,
    `parent       ${parent === null ? 'none: of the first kind' : `${parent.id} (${percent(parent.fitness)})`}`,
    `children     ${describeChildren(children)}`,
  ];
}

function describeChildren(children: readonly Outline[]): string {
  if (children.length === 0) return 'none';
  const named = children
    .slice(0, NAMED)
    .map(({ id, fitness }) => `${id} (${fitness === null ? '–' : percent(fitness)})`);
  const rest = children.length - named.length;
  return `${children.length}: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function describeBirth({ birth }: Individual): string[] {
  return [`born         ${birth.bornAt} by ${birth.worker}`, ...birth.mutations.map(describeDraw)];
}

function describeDraw(draw: DrawnMutation): string {
  if (draw.outcome === 'applied') return `mutation     ${describeMutation(draw)}`;
  const why = draw.outcome === 'no-site' ? 'no legal site' : draw.detail;
  return `drawn        ${draw.mutation} in vain: ${why}`;
}

function dnaSummary({ dna }: Individual): string {
  const edges = Object.values(dna.edges);
  const convolutions = edges.filter(({ type }) => type === 'CONV').length;
  const vertices = Object.keys(dna.vertices).length;
  return `${plural(convolutions, 'convolution')}, ${plural(vertices, 'vertex', 'vertices')}, ${plural(edges.length, 'edge')}; learning rate ${dna.learningRate.toPrecision(3)}, weight decay ${dna.weightDecayRate.toPrecision(3)}`;
}

/** `1 edge`, `2 edges`. */
function plural(number: number, one: string, several = `${one}s`): string {
  return `${number} ${number === 1 ? one : several}`;
}

function describeTraining(
  { owner: name, attempt, evaluation }: Individual,
  { owner }: Surroundings,
): string[] {
  const on = owner === undefined ? '' : ` on ${owner.host}, process ${owner.pid}`;
  return [
    ...(name === undefined ? [] : [`trained by   ${name}${on}`]),
    ...(attempt === undefined ? [] : [`seed         ${attempt.seed}, attempt ${attempt.attempt}`]),
    ...(evaluation === undefined
      ? []
      : [
          `cost         ${duration(evaluation.seconds)}, ${evaluation.steps} steps, ${scaled(evaluation.flops)}FLOP, ${count(evaluation.parameters, 'parameters')}, on ${trainedOn(evaluation)}`,
        ]),
  ];
}

function trainedOn({ backend, backendDetail, earlierBackends = [] }: Evaluation): string {
  const before = earlierBackends.length === 0 ? '' : `, begun on ${earlierBackends.join(', ')}`;
  return `${[backend, ...(backendDetail === undefined ? [] : [backendDetail])].join(' ')}${before}`;
}

function describeFailure({ failure }: Individual): string[] {
  if (failure === undefined) return [];
  const log = failure.log.trimEnd();
  const lines = log === '' ? [] : log.split('\n').slice(-LOG_LINES);
  return [`failure      ${failure.class}: ${failure.reason}`, ...lines.map((line) => `  | ${line}`)];
}

const states: Record<Individual['state'], string> = {
  training: 'in training',
  alive: 'alive',
  dead: 'dead, not collected yet',
  'hall-of-fame': 'dead, in the hall of fame',
  collected: 'dead; its record is left',
};
