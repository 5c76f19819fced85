import { type Random, integer, pick } from '@galapagos/dna';
import type { Filesystem } from '@galapagos/population';

/** What happens to a cluster, at which instant, and for how long. */
export interface Fault {
  readonly at: number;
  readonly seconds: number;
  /** For which it waits, but not long. */
  readonly upon: keyof typeof INSTANTS | undefined;
  /** Which worker or host it meets: an index, of as many as there are. */
  readonly whom: number;
  readonly kind: (typeof FAULTS)[number] | 'requeue';
}

/** Those of a worker most often. */
const FAULTS = [
  'kill',
  'kill',
  'kill',
  'stop',
  'stop',
  'stop with trainer',
  'cut host',
  'server hangs',
  'server hangs',
  'host loses power',
  'all lose power',
  'disk full',
  'quota',
  'read-only',
  'pause',
  'repair',
  'sweep',
] as const;

/** In a quarter of the schedules workers are tasks of Slurm, and one of them is queued again. */
const REQUEUES = 0.25;

/** What a worker is about to do when a fault meets it: where chance alone would seldom strike. */
export const INSTANTS = {
  'a beat is read': { operation: 'read', path: /\/beat$/ },
  'a child is prepared': { operation: 'write', path: /\/staging\// },
  'totals are written': { operation: 'write', path: /\/totals/ },
  'an individual moves': { operation: 'rename', path: /\/(staging|training|alive|dead)\/[^/]+$/ },
  'a tenure begins': { operation: 'makeDirectory', path: /\/training\// },
  'what was begun is linked': { operation: 'link', path: /\/training\// },
  'a record is appended': { operation: 'append', path: /\/history\// },
  'something is deleted': { operation: 'unlink', path: /\/trash\// },
} as const satisfies Record<string, { operation: keyof Filesystem; path: RegExp }>;

const instants = Object.keys(INSTANTS) as (keyof typeof INSTANTS)[];

/** The faults of a schedule, drawn beforehand: some of them can be left out, and the others stay what they are. */
export function drawFaults(random: Random, leaseSeconds: number): Fault[] {
  const count = 1 + integer(random, 6);
  const draw = () => drawFault(random, leaseSeconds);
  return Array.from({ length: count }, () => ({
    ...draw(),
    kind: FAULTS[integer(random, FAULTS.length)] ?? 'kill',
  }));
}

/** One more, perhaps: a task of Slurm that is queued again. */
export function drawRequeues(random: Random, leaseSeconds: number): Fault[] {
  return random.next() < REQUEUES ? [{ ...drawFault(random, leaseSeconds), kind: 'requeue' }] : [];
}

function drawFault(random: Random, leaseSeconds: number): Omit<Fault, 'kind'> {
  return {
    at: leaseSeconds * (0.1 + 0.9 * random.next()),
    // Shorter than a lease as often as longer.
    seconds: leaseSeconds * 2 * random.next(),
    upon: random.next() < 0.5 ? pick(random, instants) : undefined,
    whom: integer(random, 1000),
  };
}
