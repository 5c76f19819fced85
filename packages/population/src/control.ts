import { z } from 'zod';
import { DOCUMENT_LIMIT, POPULATION_FORMAT, formatDocument, parseDocument } from './documents.js';
import { PopulationError } from './errors.js';
import { type Bounds, boundsSchema } from './experiment.js';
import { linkIfAbsent, readIfPresent } from './files.js';
import type { Population } from './population.js';

const common = { format: z.literal(POPULATION_FORMAT), givenAt: z.string() };

/** An order to all workers, in a file of its own in `control/`. */
const orderSchema = z.discriminatedUnion('order', [
  z.strictObject({ order: z.literal('stop'), ...common }),
  z.strictObject({ order: z.literal('pause'), ...common }),
  z.strictObject({ order: z.literal('resume'), ...common }),
  z.strictObject({ order: z.literal('settings'), bounds: boundsSchema, ...common }),
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
  for (let epoch = Math.max(0, ...(await epochs(population))) + 1; ; epoch++) {
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
  readonly #unreadable = new Set<number>();
  #joinedAt: number | undefined;

  constructor(private readonly population: Population) {}

  /** Reads new orders; the first call notes which were there before. */
  async poll(): Promise<void> {
    const found = await epochs(this.population);
    this.#joinedAt ??= Math.max(0, ...found);
    for (const epoch of found) {
      if (!this.#orders.has(epoch)) await this.#read(epoch);
    }
  }

  async #read(epoch: number): Promise<void> {
    const file = this.population.path(`control/${name(epoch)}`);
    try {
      const data = await readIfPresent(this.population.filesystem, file, DOCUMENT_LIMIT);
      if (data !== undefined) this.#orders.set(epoch, parseDocument(orderSchema, data, file));
    } catch (error) {
      // Where there are no hard links an order may be seen half written: once.
      if (!(error instanceof PopulationError) || this.#unreadable.has(epoch)) throw error;
      this.#unreadable.add(epoch);
    }
  }

  get stopped(): boolean {
    return [...this.#orders].some(([epoch, { order }]) => order === 'stop' && epoch > (this.#joinedAt ?? 0));
  }

  get paused(): boolean {
    return this.#last((order) => order.order === 'pause' || order.order === 'resume')?.order === 'pause';
  }

  get bounds(): Bounds {
    const settings = this.#last((order) => order.order === 'settings');
    return settings?.order === 'settings' ? settings.bounds : this.population.experiment.bounds;
  }

  #last(wanted: (order: Order) => boolean): Order | undefined {
    const found = [...this.#orders].filter(([, order]) => wanted(order)).sort(([a], [b]) => a - b);
    return found.at(-1)?.[1];
  }
}

async function epochs(population: Population): Promise<number[]> {
  return (await population.list('control')).filter((file) => /^[0-9]{6}$/.test(file)).map(Number);
}

function name(epoch: number): string {
  return String(epoch).padStart(6, '0');
}
