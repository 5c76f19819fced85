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

/** Seconds that a pace is measured over at least. */
const PACE_OVER = 1;
/** Seconds for which others are not asked at most; of many, as many seconds as there are others to ask. */
const LONGEST = 30;
/**
 * Of the time that is left at the pace so far, others are asked again after this part: they may become faster. And when
 * we have spent ourselves what, by all, would be this part of what is left: then everything has become faster.
 */
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
  /** Our own, when others were last asked. */
  #own: Totals;
  /** All that ever were. */
  #workers = 1;
  #startedAt: string | undefined;

  constructor(
    private readonly population: Population,
    private readonly me: Membership,
  ) {
    this.#reader = new TotalsReader(population);
    this.#pace = new Pace();
    this.#own = { ...me.totals };
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
    if (this.#others === undefined || !this.#pace.isFar(now, bounds, this.#ownShare(bounds))) {
      this.#others = await this.#askOthers();
      this.#own = { ...this.me.totals };
      this.#pace.note(now, bounds, shareSpent(bounds, this.#sum(this.#others)), this.#workers);
    }
    return this.#sum(this.#others);
  }

  /** How much of the bounds this worker has spent itself since others were asked, as if all of it were in vain. */
  #ownShare(bounds: Bounds): number {
    const { births, seconds, flops } = this.me.totals;
    const then = this.#own;
    return shareSpent(bounds, {
      ...this.me.totals,
      births: births - then.births,
      seconds: seconds - then.seconds,
      flops: flops - then.flops,
      improvement: { fitness: 0, births: 0 },
    });
  }

  #sum(others: Totals): Totals {
    return sumTotals([this.me.totals, others]);
  }

  async #askOthers(): Promise<Totals> {
    const names = await workerNames(this.population);
    this.#workers = names.length;
    const others = names.filter((name) => name !== this.me.name);
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
  /** The share that a worker may spend itself until then. */
  #own = 0;

  /** @param own The share of the bounds that this worker has spent itself since the last note. */
  isFar(now: number, bounds: Bounds, own: number): boolean {
    return bounds === this.#bounds && now < this.#farUntil && own < this.#own;
  }

  /** @param share What all have spent. */
  note(now: number, bounds: Bounds, share: number, workers: number): void {
    if (bounds !== this.#bounds) this.#first = undefined;
    this.#bounds = bounds;
    this.#first ??= { at: now, share };
    this.#own = (PART * (1 - share)) / workers;
    const elapsed = now - this.#first.at;
    if (elapsed < PACE_OVER) return;
    // Less was spent than before where a fitter one was found.
    const pace = Math.max(0, share - this.#first.share) / elapsed;
    this.#farUntil = now + Math.min(Math.max(LONGEST, workers), (PART * (1 - share)) / pace);
    this.#first = { at: now, share };
  }
}
