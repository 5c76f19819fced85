import {
  type Individual,
  type Population,
  PopulationError,
  bestEntry,
  findIndividual,
} from '@galapagos/population';

/** The id that a person means: an id, or `best`. @throws PopulationError when nobody is the best. */
export async function idMeant(population: Population, meant: string): Promise<string> {
  const id = meant === 'best' ? (await bestEntry(population))?.id : meant;
  if (id !== undefined) return id;
  throw new PopulationError('INVALID', `${population.root}: nobody has been evaluated yet`);
}

/** The individual that a person means: an id, or `best`. @throws PopulationError when there is none. */
export async function findMeant(population: Population, meant: string): Promise<Individual> {
  const id = await idMeant(population, meant);
  const individual = await findIndividual(population, id);
  if (individual !== undefined) return individual;
  throw nobody(population, id);
}

export function nobody({ root }: Population, id: string): PopulationError {
  return new PopulationError('INVALID', `${root}: there is no individual ${id}`);
}
