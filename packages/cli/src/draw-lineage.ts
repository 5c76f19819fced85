import type { DrawnMutation } from '@galapagos/dna';
import type { Individual } from '@galapagos/population';
import { percent, points, table } from './format.js';

/**
 * A line of ancestors: a row per mutation, with the gain in fitness of each birth. The first ancestor first.
 * @param isPart The first is not where the line begins, and how it came to be is not asked for. @default false
 */
export function drawLineage(line: readonly Individual[], { isPart = false } = {}): string[] {
  const rows = line.flatMap((individual, index) => {
    const { id, birth, evaluation } = individual;
    const isElder = isPart && index === 0;
    const [first = '', ...rest] = isElder ? [] : [...originOf(individual, index), ...mutationsOf(individual)];
    const fitness = evaluation === undefined ? '–' : percent(evaluation.fitness);
    const gain =
      birth.parent === null || evaluation === undefined || isElder
        ? ''
        : points(evaluation.fitness - birth.parent.fitness);
    return [[id, fitness, gain, first], ...rest.map((mutation) => ['', '', '', mutation])];
  });
  return table(['individual', 'fitness', 'gain', 'mutation'], rows).map((row) => `  ${row}`);
}

/** Where a line begins: with nobody before, or with one of whom nothing is left. */
function originOf({ birth }: Individual, index: number): string[] {
  if (birth.parent === null) return ['first kind: no convolution'];
  return index === 0 ? [`child of ${birth.parent.id}, of whom there is no record`] : [];
}

function mutationsOf({ birth }: Individual): string[] {
  return birth.mutations.filter(({ outcome }) => outcome === 'applied').map(describeMutation);
}

/** `INSERT-CONVOLUTION  3x3 stride 2 e1, BN+ReLU, after input` */
export function describeMutation({ mutation, detail }: Omit<DrawnMutation, 'outcome'>): string {
  return detail === '' ? mutation : `${mutation}  ${detail}`;
}
