import {
  type Bounds,
  type Membership,
  type Population,
  type Totals,
  TotalsReader,
  firstStart,
  reachedBound,
  secondsSince,
  sumTotals,
  workerNames,
} from '@galapagos/population';

/**
 * Whether a bound of the search is reached, over all workers: each keeps its totals in a file of its own, and adds
 * up the others'. The overshoot is one individual per worker at most.
 */
export class Budget {
  readonly #totals: TotalsReader;
  #startedAt: string | undefined;

  constructor(
    private readonly population: Population,
    private readonly me: Membership,
  ) {
    this.#totals = new TotalsReader(population);
  }

  async isSpent(bounds: Bounds): Promise<boolean> {
    const { individuals, workerSeconds, flops, wallSeconds, targetFitness, patience } = bounds;
    const all = [individuals, workerSeconds, flops, wallSeconds, targetFitness, patience];
    if (all.every((bound) => bound === null)) return false;
    const { population } = this;
    if (wallSeconds !== null) this.#startedAt ??= await firstStart(population);
    const best = targetFitness === null && patience === null ? undefined : await this.#best();
    let totals = await this.#totalsOfAll();
    if (patience !== null && best !== undefined) totals = await this.#noteImprovement(totals, best);
    const seconds = secondsSince(this.#startedAt, population.clock);
    return reachedBound(bounds, { totals, best, seconds }) !== undefined;
  }

  async #best(): Promise<number | undefined> {
    const alive = await this.population.alive();
    return alive.length === 0 ? undefined : Math.max(...alive.map(({ fitness }) => fitness));
  }

  async #totalsOfAll(): Promise<Totals> {
    const others = (await workerNames(this.population)).filter((name) => name !== this.me.name);
    return sumTotals([this.me.totals, ...(await Promise.all(others.map((name) => this.#totals.of(name))))]);
  }

  /** Whoever first sees a fitter one notes it: its own worker may have died as it was published. */
  async #noteImprovement(totals: Totals, best: number): Promise<Totals> {
    if (totals.improvement !== undefined && totals.improvement.fitness >= best) return totals;
    const improvement = { fitness: best, births: totals.births };
    this.me.totals.improvement = improvement;
    await this.me.writeTotals();
    return { ...totals, improvement };
  }
}
