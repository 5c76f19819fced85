import type { Random } from '@galapagos/dna';
import type { Clock } from './clock.js';
import type { Filesystem } from './filesystem.js';

/** What a population stands on: filesystem, time and chance, so that the same code runs over a simulation. */
export interface Ground {
  readonly filesystem: Filesystem;
  readonly clock: Clock;
  readonly random: Random;
}
