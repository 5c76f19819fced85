import { z } from 'zod';
import { DOCUMENT_LIMIT, POPULATION_FORMAT, formatDocument, parseDocument } from './documents.js';
import { PopulationError } from './errors.js';
import { type Bounds, changedBoundsSchema } from './experiment.js';
import { linkIfAbsent, readIfPresent } from './files.js';
import { largest } from './largest.js';
import type { Population } from './population.js';
import { type Problem, problemIn } from './problem.js';
import { type Quarantine, type Site, covers, siteSchema } from './quarantine.js';

const common = { format: z.literal(POPULATION_FORMAT), givenAt: z.string() };

/** An order to all workers, in a file of its own in `control/`. */
const orderSchema = z.discriminatedUnion('order', [
  z.strictObject({ order: z.literal('stop'), ...common }),
  z.strictObject({ order: z.literal('pause'), ...common }),
  z.strictObject({ order: z.literal('resume'), ...common }),
  // Only what it changes: of two given at once neither undoes the other.
  z.strictObject({
    order: z.literal('quarantine'),
    ...siteSchema.shape,
    reason: z.string(),
    by: z.string().nullable(),
    ...common,
  }),
  z.strictObject({ order: z.literal('release'), ...siteSchema.shape, ...common }),
  z.strictObject({ order: z.literal('settings'), bounds: changedBoundsSchema, ...common }),
]);
export type Order = z.infer<typeof orderSchema>;

type NewOrder = Order extends infer O ? (O extends Order ? Omit<O, 'format' | 'givenAt'> : never) : never;

/**
 * Gives an order. Orders are numbered; of two given at once each gets a number of its own.
 * @returns The order's number.
 * @throws PopulationError `UNFIT` when it cannot be written.
 */
export async function giveOrder(population: Population, order: NewOrder): Promise<number> {
  const document = { format: POPULATION_FORMAT, ...order, givenAt: population.clock.now().toISOString() };
  for (let epoch = largest(await epochs(population)) + 1; ; epoch++) {
    const file = population.path(`control/${name(epoch)}`);
    if (await linkIfAbsent(population.filesystem, file, formatDocument(document), population.random))
      return epoch;
  }
}

/**
 * What the orders come to, for one worker. A stop given before it started is not for it; pause and settings hold
 * for newcomers too.
 */
export class Control {
  readonly #orders = new Map<number, Order>();
  readonly #notOrders = new Set<number>();
  #joinedAt: number | undefined;
  #bounds: Bounds | undefined;

  constructor(private readonly population: Population) {}

  /** Reads new orders; the first call notes which were there before. */
  async poll(): Promise<void> {
    const found = await epochs(this.population);
    this.#joinedAt ??= largest(found);
    for (const epoch of found) {
      if (!this.#orders.has(epoch) && !this.#notOrders.has(epoch)) await this.#read(epoch);
    }
  }

  async #read(epoch: number): Promise<void> {
    const file = this.population.path(`control/${name(epoch)}`);
    try {
      const data = await readIfPresent(this.population.filesystem, file, DOCUMENT_LIMIT);
      if (data === undefined) return;
      this.#orders.set(epoch, parseDocument(orderSchema, data, file));
      this.#bounds = undefined;
    } catch (error) {
      if (!(error instanceof PopulationError && error.code === 'INVALID')) throw error;
      // Where there are no hard links an order may be seen half written, for as long as its giver hangs; and stays so
      // where that died, or the disk was full: then it is none.
      if (error.cause instanceof SyntaxError) return;
      // Nobody is to stop for what somebody has put there; fsck says of it that it is none.
      this.#notOrders.add(epoch);
    }
  }

  get stopped(): boolean {
    return [...this.#orders].some(([epoch, { order }]) => order === 'stop' && epoch > (this.#joinedAt ?? 0));
  }

  get paused(): boolean {
    return this.pausedSince !== undefined;
  }

  /** When the pause that holds was ordered, by the clock of whoever did; undefined where there is none. */
  get pausedSince(): string | undefined {
    let since: string | undefined;
    for (const [, { order, givenAt }] of this.#inOrder()) {
      if (order === 'pause') since ??= givenAt;
      if (order === 'resume') since = undefined;
    }
    return since;
  }

  /** The sites that are not to train now, the earliest first. */
  get quarantines(): Quarantine[] {
    let sites: Quarantine[] = [];
    for (const [, order] of this.#inOrder()) {
      if (order.order !== 'quarantine' && order.order !== 'release') continue;
      // What is ordered anew takes the place of what it covers.
      sites = sites.filter((site) => !covers(order, site));
      if (order.order === 'release') continue;
      const { host, device, reason, by, givenAt: since } = order;
      sites.push({ host, device, reason, since, by });
    }
    return sites;
  }

  /** The quarantine that a site is under. */
  quarantineOf(site: Site): Quarantine | undefined {
    return this.quarantines.find((quarantine) => covers(quarantine, site));
  }

  /** Those of the experiment, as the orders changed them, one after the other; the same object until one does. */
  get bounds(): Bounds {
    return (this.#bounds ??= this.#boundsNow());
  }

  #boundsNow(): Bounds {
    const changes = this.#inOrder().flatMap(([, order]) => (order.order === 'settings' ? order.bounds : []));
    // What was left out of an order is absent, never undefined: JSON has no such thing.
    return Object.assign({}, this.population.experiment.bounds, ...changes) as Bounds;
  }

  /** The order that a bound has its value from; undefined where that is the experiment. */
  sourceOf(bound: keyof Bounds): { readonly number: number; readonly givenAt: string } | undefined {
    const found = this.#inOrder().findLast(
      ([, order]) => order.order === 'settings' && order.bounds[bound] !== undefined,
    );
    return found === undefined ? undefined : { number: found[0], givenAt: found[1].givenAt };
  }

  #inOrder(): [epoch: number, order: Order][] {
    return [...this.#orders].sort(([a], [b]) => a - b);
  }
}

/** The bounds of a search as they are now. */
export async function boundsOf(population: Population): Promise<Bounds> {
  const control = new Control(population);
  await control.poll();
  return control.bounds;
}

async function epochs(population: Population): Promise<number[]> {
  return (await population.list('control')).filter(isOrderName).map(Number);
}

/** Whether a name in `control/` is one of an order: six digits, or more where six are used up. */
export function isOrderName(name: string): boolean {
  return /^(?:[0-9]{6}|[1-9][0-9]{6,14})$/.test(name);
}

/**
 * What is wrong with an order.
 * @returns None where it is gone.
 */
export async function orderProblems(population: Population, name: string): Promise<Problem[]> {
  const file = population.path(`control/${name}`);
  try {
    const data = await readIfPresent(population.filesystem, file, DOCUMENT_LIMIT);
    if (data !== undefined) parseDocument(orderSchema, data, file);
    return [];
  } catch (error) {
    return [problemIn(error)];
  }
}

function name(epoch: number): string {
  return String(epoch).padStart(6, '0');
}
