import { type Individual, type Population, everyone, findIndividual } from '@galapagos/population';

/** Those that were collected, whole: as their records say, or as they lie in the hall of fame. */
export async function collected(population: Population): Promise<Individual[]> {
  const found: (Individual | undefined)[] = [];
  for (const { id, state } of await everyone(population)) {
    if (state === 'collected' || state === 'hall-of-fame') found.push(await findIndividual(population, id));
  }
  return found.filter((individual) => individual !== undefined);
}
