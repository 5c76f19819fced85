import type { DrawnMutation } from '@galapagos/dna';
import type { Individual } from '@galapagos/population';
import { percent, points, table } from './format.js';

/** A line of ancestors: a row per mutation, with the gain in fitness of each birth. The first ancestor first. */
export function drawLineage(line: readonly Individual[]): string[] {
  const rows = line.flatMap((individual) => {
    const fitness = individual.evaluation === undefined ? '–' : percent(individual.evaluation.fitness);
    const { parent, mutations } = individual.birth;
    const gain =
      parent === null || individual.evaluation === undefined
        ? ''
        : points(individual.evaluation.fitness - parent.fitness);
    const applied = mutations.filter(({ outcome }) => outcome === 'applied');
    const [first, ...rest] = applied.map(describeMutation);
    const origin =
      parent === null ? 'first kind: no convolution' : `child of ${parent.id}, before the history begins`;
    return [
      [individual.id, fitness, gain, first ?? origin],
      ...rest.map((mutation) => ['', '', '', mutation]),
    ];
  });
  return table(['individual', 'fitness', 'gain', 'mutation'], rows).map((row) => `  ${row}`);
}

/** `INSERT-CONVOLUTION  3x3 stride 2 e1, BN+ReLU, after input` */
export function describeMutation({ mutation, detail }: DrawnMutation): string {
  return detail === '' ? mutation : `${mutation}  ${detail}`;
}
