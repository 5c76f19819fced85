import {
  type Dna,
  SeededRandom,
  ShapeError,
  firstDna,
  formatDna,
  inferShapes,
  mutate,
  parseDnaText,
} from '@galapagos/dna';
import { costOf, excessOver, planNetwork, trainingSchema } from '@galapagos/trainer';
import { one, spoil } from '../hostile-bytes.js';
import { Finding, type Reader, image, stackOf } from './reader.js';

export function dnaReaders(): Reader[] {
  const grown = (seed: string): Dna => {
    const random = new SeededRandom(seed);
    let dna = firstDna();
    for (let times = 0; times < 12; times++) dna = mutate(dna, random, { count: 1, image }).dna;
    return dna;
  };
  const samples = Array.from({ length: 8 }, (_, at) => Buffer.from(formatDna(grown(`dna ${at}`))));
  const settings = trainingSchema.parse({ steps: 10 });
  const read = (random: SeededRandom): Promise<void> => {
    const text = spoil(one(samples, random), 'json', random).toString();
    const dna = parseDnaText(text, 'dna.json');
    try {
      inferShapes(dna, image);
      excessOver(costOf(planNetwork(dna, image, 10), settings.batchSize), settings);
      const child = mutate(dna, random, { count: 3, image }).dna;
      parseDnaText(formatDna(child), 'child');
    } catch (error) {
      if (!(error instanceof ShapeError))
        throw new Finding(`a valid DNA: ${stackOf(error)}`, { cause: error });
    }
    return Promise.resolve();
  };
  return [{ name: 'dna', read }];
}
