import { type Population, PopulationError, lineage } from '@galapagos/population';
import { drawLineage } from './draw-lineage.js';
import { drawNetwork } from './draw-network.js';
import { count, fit, percent } from './format.js';

/** The network of an individual, and its line of ancestors. */
export async function describeBest(
  population: Population,
  id: string,
  columns: number | undefined,
): Promise<string[]> {
  const line = await lineage(population, id);
  const best = line.at(-1);
  if (best?.evaluation === undefined)
    throw new PopulationError('INVALID', `${id}: its evaluation is gone; galapagos fsck says what is wrong`);
  const { fitness, parameters } = best.evaluation;
  const { image } = population.experiment.search;
  return [
    '',
    `The best network: ${id}, validation accuracy ${percent(fitness)}, ${count(parameters, 'parameters')}, learning rate ${best.dna.learningRate.toPrecision(3)}`,
    '',
    ...drawNetwork(best.dna, image, population.experiment.classes.length, columns),
    '',
    `Its line of ancestors, ${line.length === 2 ? '1 generation' : `${line.length - 1} generations`}:`,
    '',
    ...fit(drawLineage(line), columns),
  ];
}
