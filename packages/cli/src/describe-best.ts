import { type Population, lineage } from '@galapagos/population';
import { drawLineage } from './draw-lineage.js';
import { drawNetwork } from './draw-network.js';
import { count, percent } from './format.js';

/** The network of an individual, and its line of ancestors. */
export async function describeBest(population: Population, id: string): Promise<string[]> {
  const line = await lineage(population, id);
  const best = line.at(-1);
  if (best?.evaluation === undefined) return [`${id} is gone`];
  const { fitness, parameters } = best.evaluation;
  const { image } = population.experiment.search;
  return [
    '',
    `The best network: ${id}, validation accuracy ${percent(fitness)}, ${count(parameters, 'parameters')}, learning rate ${best.dna.learningRate.toPrecision(3)}`,
    '',
    ...drawNetwork(best.dna, image, population.experiment.classes.length),
    '',
    `Its line of ancestors, ${line.length - 1} generations:`,
    '',
    ...drawLineage(line),
  ];
}
