import { z } from 'zod';
import { POPULATION_FORMAT, formatDocument, parseDocument } from './documents.js';
import { type Bounds, boundsSchema } from './experiment.js';
import { ifPresent, linkIfAbsent } from './filesystem.js';
import type { Population } from './population.js';
import { unfit } from './population.js';

const common = { format: z.literal(POPULATION_FORMAT), givenAt: z.string() };

/** An order to all workers, in a file of its own in `control/`. */
export const orderSchema = z.discriminatedUnion('order', [
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
    try {
      if (await linkIfAbsent(population.filesystem, file, formatDocument(document), population.random))
        return epoch;
    } catch (error) {
      throw unfit(file, error);
    }
  }
}

/**
 * What the orders come to, for one worker. A stop given before it started is not for it; pause and settings hold
 * for newcomers too.
 */
export class Control {
  readonly #orders = new Map<number, Order>();
  #joinedAt: number | undefined;

  constructor(private readonly population: Population) {}

  /** Reads new orders; the first call notes which were there before. */
  async poll(): Promise<void> {
    const found = await epochs(this.population);
    this.#joinedAt ??= Math.max(0, ...found);
    for (const epoch of found) {
      if (this.#orders.has(epoch)) continue;
      const file = this.population.path(`control/${name(epoch)}`);
      const data = await ifPresent(this.population.filesystem.read(file, 1e5));
      if (data !== undefined) this.#orders.set(epoch, parseDocument(orderSchema, data, file));
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
