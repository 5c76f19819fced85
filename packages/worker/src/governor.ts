import { Gauge, type Gauged, overDiskBound, shareTaken } from '@galapagos/population';
import type { Housekeeping } from './housekeeping.js';
import type { Shift } from './shift.js';

/** From this share of what the experiment may take on, room is made. */
const ENOUGH = 0.9;
/** Seconds between two looks at least, and at most; between them, of a worker's time what looking costs at most. */
const LOOK_EVERY = 10;
const LATEST = 600;
const SHARE = 0.01;
/** The same where more is taken than this share of what may be: then a few births are too many. */
const NEAR = { taken: 0.5, latest: 60, share: 0.1 };

/**
 * Keeps the experiment within what it may take of its disk (`bounds.maxBytes`, `bounds.maxInodes`). Where it comes
 * near, the dead make room: those that wait are recorded, and the lowest of the hall of fame go. If that is not
 * enough nobody is born. The living are never touched.
 */
export class Governor {
  readonly #gauge: Gauge;
  #nextLook = -Infinity;
  #bounds: unknown;
  #reason: string | undefined;

  constructor(
    private readonly shift: Shift,
    private readonly housekeeping: Housekeeping,
  ) {
    this.#gauge = new Gauge(shift.population);
  }

  /** Whether a child may be born. Looks now and then, so that what is born between two looks may be too much. */
  async hasRoom(): Promise<boolean> {
    const { bounds } = this.shift.control;
    if (bounds.maxBytes === null && bounds.maxInodes === null) {
      this.housekeeping.placesLeft = Infinity;
      return true;
    }
    const startedAt = this.#now();
    if (startedAt < this.#nextLook && bounds === this.#bounds) return this.#reason === undefined;
    const gauged = await this.#makeRoom();
    const reason = overDiskBound(bounds, gauged);
    if (reason !== undefined && this.#reason === undefined) this.shift.emit({ event: 'disk-full', reason });
    this.#reason = reason;
    this.#bounds = bounds;
    const now = this.#now();
    const { latest, share } =
      shareTaken(bounds, gauged.expected) > NEAR.taken ? NEAR : { latest: LATEST, share: SHARE };
    this.#nextLook = now + Math.min(latest, Math.max(LOOK_EVERY, (now - startedAt) / share));
    return reason === undefined;
  }

  async #makeRoom(): Promise<Gauged> {
    const { bounds } = this.shift.control;
    const gauged = await this.#gauge.read();
    // Until the next look it does not fill up again beyond what there is room for.
    this.housekeeping.placesLeft = await this.#placesLeft(gauged);
    if (shareTaken(bounds, gauged.expected) < ENOUGH) return gauged;
    await this.housekeeping.collectAll();
    return await this.#gauge.read();
  }

  /** As many of the hall of fame as there is room for beside the others; the best stays. */
  async #placesLeft({ expected, living, dead, hallOfFame }: Gauged): Promise<number> {
    const { population, control } = this.shift;
    const { length } = await population.hallOfFame();
    // Nobody is in it yet: then as much as one of the living takes.
    const [known, count] = length > 0 ? [hallOfFame, length] : [living, (await population.living()).size];
    const rest = {
      bytes: expected.bytes - dead.bytes - hallOfFame.bytes,
      inodes: expected.inodes - dead.inodes - hallOfFame.inodes,
    };
    let places = control.bounds.hallOfFame;
    const withHall = (): number =>
      shareTaken(control.bounds, {
        bytes: rest.bytes + (known.bytes * places) / Math.max(1, count),
        inodes: rest.inodes + (known.inodes * places) / Math.max(1, count),
      });
    while (places > 1 && withHall() >= ENOUGH) places--;
    return places;
  }

  #now(): number {
    return this.shift.population.clock.monotonic();
  }
}
