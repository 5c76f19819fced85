import { DnaError } from '@galapagos/dna';
import {
  nameOf,
  type AliveEntry,
  type Individual,
  type Population,
  PopulationError,
  readIndividual,
} from '@galapagos/population';
import { duration, percent, scaled, table } from './format.js';

/** The best of a population, living or in the hall of fame, a row each. */
export async function drawLeaderboard(population: Population, places: number): Promise<string[]> {
  const rows: string[][] = [];
  for (const entry of await ranked(population)) {
    if (rows.length === places) break;
    const individual = await readable(population, entry);
    if (individual?.evaluation === undefined) continue;
    const { evaluation, dna, birth } = individual;
    rows.push([
      String(rows.length + 1),
      entry.id,
      percent(entry.fitness),
      scaled(evaluation.parameters).trimEnd(),
      String(Object.values(dna.edges).filter(({ type }) => type === 'CONV').length),
      duration(evaluation.seconds),
      birth.parent?.id ?? '–',
      entry.state === 'alive' ? 'alive' : 'hall of fame',
    ]);
  }
  const header = ['#', 'individual', 'fitness', 'parameters', 'convs', 'trained', 'parent', 'state'];
  return table(header, rows).map((row) => `  ${row}`);
}

/** One that was spoilt is passed over: the others are worth a look, and fsck says what is wrong with it. */
async function readable(population: Population, entry: AliveEntry): Promise<Individual | undefined> {
  try {
    return await readIndividual(population, entry);
  } catch (error) {
    if (error instanceof DnaError || error instanceof PopulationError) return undefined;
    throw error;
  }
}

/** All that still have their weights, the best first, by the whole name. */
async function ranked(population: Population): Promise<AliveEntry[]> {
  const entries = [...(await population.alive()), ...(await population.hallOfFame())];
  const once = new Map(entries.map((entry) => [entry.id, entry]));
  return [...once.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
}
