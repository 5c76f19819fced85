import {
  type Individual,
  type Population,
  PopulationError,
  bestEntry,
  findIndividual,
} from '@galapagos/population';

/** The individual that a person means: an id, or `best`. @throws PopulationError when there is none. */
export async function findMeant(population: Population, meant: string): Promise<Individual> {
  const id = meant === 'best' ? (await bestEntry(population))?.id : meant;
  if (id === undefined) {
    throw new PopulationError('INVALID', `${population.root}: nobody has been evaluated yet`);
  }
  const individual = await findIndividual(population, id);
  if (individual !== undefined) return individual;
  throw new PopulationError('INVALID', `${population.root}: there is no individual ${id}`);
}
