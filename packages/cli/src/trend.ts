import { type Bounds, type Summary, type Totals, birthsInVain } from '@galapagos/population';

interface Sample {
  /** Seconds on the observer's own clock. */
  readonly at: number;
  readonly totals: Totals;
}

/** Seconds that rates are taken over, and that there must be to know one. */
const WINDOW = 600;
const SHORTEST = 10;
const MOST_POINTS = 128;
const BARS = '▁▂▃▄▅▆▇█';

/** How a search has gone while somebody watched. */
export class Trend {
  #recent: Sample[] = [];
  /** The best so far, one point per so many looks: the longer one watches the coarser. */
  #best: number[] = [];
  #looksPerPoint = 1;
  #looks = 0;

  add(at: number, { totals, best }: Summary): void {
    this.#recent = [...this.#recent.filter((sample) => at - sample.at <= WINDOW), { at, totals }];
    if (best === undefined || !('fitness' in best)) return;
    if (this.#looks++ % this.#looksPerPoint === 0) this.#best.push(best.fitness);
    if (this.#best.length < MOST_POINTS) return;
    this.#best = this.#best.filter((_, index) => index % 2 === 0);
    this.#looksPerPoint *= 2;
  }

  /** How much of something came per second lately; undefined while nobody can say. */
  rate(of: (totals: Totals) => number): number | undefined {
    const last = this.#recent.at(-1);
    const [first] = this.#recent;
    if (last === undefined || first === undefined || last.at - first.at < SHORTEST) return undefined;
    return (of(last.totals) - of(first.totals)) / (last.at - first.at);
  }

  /**
   * Seconds until the first bound is reached, if it goes on like this; undefined where nobody can say, as after one look,
   * which knows of no rate.
   * @param seconds Since the first worker started.
   */
  secondsLeft(bounds: Bounds, totals: Totals, seconds: number): number | undefined {
    let isKnown = true;
    const until = (bound: number | null, value: number, rate: number | undefined): number[] => {
      if (bound !== null && rate === undefined) isKnown = false;
      if (bound === null || rate === undefined || rate <= 0) return [];
      return [Math.max(0, (bound - value) / rate)];
    };
    const birthRate = this.rate(({ births }) => births);
    const all = [
      ...until(bounds.individuals, totals.births, birthRate),
      ...until(
        bounds.workerSeconds,
        totals.seconds,
        this.rate((spent) => spent.seconds),
      ),
      ...until(
        bounds.flops,
        totals.flops,
        this.rate(({ flops }) => flops),
      ),
      ...until(bounds.patience, birthsInVain(totals), birthRate),
      ...until(bounds.wallSeconds, seconds, 1),
    ];
    return isKnown && all.length > 0 ? Math.min(...all) : undefined;
  }

  /** The best so far, as it grew since one began to watch; empty while it stood still. */
  sparkline(width = 32): string {
    const values = this.#best;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (values.length < 2 || low === high) return '';
    const columns = Math.min(width, values.length);
    return Array.from({ length: columns }, (_, column) => {
      const value = values[Math.round((column * (values.length - 1)) / Math.max(1, columns - 1))] ?? low;
      return BARS[Math.round(((value - low) / (high - low)) * (BARS.length - 1))];
    }).join('');
  }
}
