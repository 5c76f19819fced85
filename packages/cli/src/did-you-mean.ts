import { distance } from 'fastest-levenshtein';

/** The one of the known words that a wrong one resembles: by its letters, or by how it begins. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  const farness = (word: string): number => {
    const [a, b] = [wrong.toLowerCase(), word.toLowerCase()];
    const whole = distance(a, b);
    return a.length < 3 ? whole : Math.min(whole, distance(a, b.slice(0, a.length)) + 1);
  };
  const [best] = known.toSorted((a, b) => farness(a) - farness(b));
  return best !== undefined && farness(best) <= Math.max(1, wrong.length / 3) ? best : undefined;
}
