import {
  type Bounds,
  type Membership,
  type Population,
  type Totals,
  TotalsReader,
  firstStart,
  reachedBound,
  secondsSince,
  shareSpent,
  sumTotals,
  workerNames,
} from '@galapagos/population';

/** Seconds that a pace is measured over at least, and for which others are not asked at most. */
const PACE_OVER = 1;
const LONGEST = 30;
/** Of the time that is left at the pace so far, others are asked again after this part: they may become faster. */
const PART = 0.25;

/**
 * Whether a bound of the search is reached, over all workers: each keeps its totals in a file of its own, and adds
 * up the others'. The overshoot is one individual per worker at most. Long before a bound the others are not asked
 * each time: with hundreds of workers that would be most of what a turn costs.
 */
export class Budget {
  readonly #reader: TotalsReader;
  readonly #pace: Pace;
  #others: Totals | undefined;
  #startedAt: string | undefined;

  constructor(
    private readonly population: Population,
    private readonly me: Membership,
  ) {
    this.#reader = new TotalsReader(population);
    this.#pace = new Pace();
  }

  async isSpent(bounds: Bounds): Promise<boolean> {
    const { individuals, workerSeconds, flops, wallSeconds, targetFitness, patience } = bounds;
    const all = [individuals, workerSeconds, flops, wallSeconds, targetFitness, patience];
    if (all.every((bound) => bound === null)) return false;
    const { population } = this;
    if (wallSeconds !== null) this.#startedAt ??= await firstStart(population);
    const best = targetFitness === null && patience === null ? undefined : await this.#best();
    let totals = await this.#totals(bounds);
    if (patience !== null && best !== undefined) totals = await this.#noteImprovement(totals, best);
    const seconds = secondsSince(this.#startedAt, population.clock);
    return reachedBound(bounds, { totals, best, seconds }) !== undefined;
  }

  async #best(): Promise<number | undefined> {
    const alive = await this.population.alive();
    return alive.length === 0 ? undefined : Math.max(...alive.map(({ fitness }) => fitness));
  }

  async #totals(bounds: Bounds): Promise<Totals> {
    const now = this.population.clock.monotonic();
    if (this.#others === undefined || !this.#pace.isFar(now, bounds)) {
      this.#others = await this.#askOthers();
      this.#pace.note(now, bounds, shareSpent(bounds, this.#sum(this.#others)));
    }
    return this.#sum(this.#others);
  }

  #sum(others: Totals): Totals {
    return sumTotals([this.me.totals, others]);
  }

  async #askOthers(): Promise<Totals> {
    const others = (await workerNames(this.population)).filter((name) => name !== this.me.name);
    return sumTotals(await Promise.all(others.map((name) => this.#reader.of(name))));
  }

  /** Whoever first sees a fitter one notes it: its own worker may have died as it was published. */
  async #noteImprovement(totals: Totals, best: number): Promise<Totals> {
    if (totals.improvement !== undefined && totals.improvement.fitness >= best) return totals;
    // Births as they are now: what is counted from them is to be neither more nor less.
    this.#others = await this.#askOthers();
    const now = this.#sum(this.#others);
    if (now.improvement !== undefined && now.improvement.fitness >= best) return now;
    const improvement = { fitness: best, births: now.births };
    this.me.totals.improvement = improvement;
    await this.me.writeTotals();
    return { ...now, improvement };
  }
}

/** How fast a search comes near to its bounds. */
class Pace {
  #bounds: Bounds | undefined;
  #first: { readonly at: number; readonly share: number } | undefined;
  #farUntil = -Infinity;

  isFar(now: number, bounds: Bounds): boolean {
    return bounds === this.#bounds && now < this.#farUntil;
  }

  note(now: number, bounds: Bounds, share: number): void {
    if (bounds !== this.#bounds) this.#first = undefined;
    this.#bounds = bounds;
    this.#first ??= { at: now, share };
    const elapsed = now - this.#first.at;
    if (elapsed < PACE_OVER) return;
    // Less was spent than before where a fitter one was found.
    const pace = Math.max(0, share - this.#first.share) / elapsed;
    this.#farUntil = now + Math.min(LONGEST, (PART * (1 - share)) / pace);
    this.#first = { at: now, share };
  }
}
