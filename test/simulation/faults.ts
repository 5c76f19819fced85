import { type Random, integer } from '@galapagos/dna';

/** What happens to a cluster, at which instant, and for how long. */
export interface Fault {
  readonly at: number;
  readonly seconds: number;
  /** Which worker or host it meets: an index, of as many as there are. */
  readonly whom: number;
  readonly kind: (typeof FAULTS)[number];
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
  'host loses power',
  'all lose power',
  'disk full',
  'quota',
  'read-only',
  'pause',
  'repair',
  'sweep',
] as const;

/** The faults of a schedule, drawn beforehand: some of them can be left out, and the others stay what they are. */
export function drawFaults(random: Random, leaseSeconds: number): Fault[] {
  const count = 1 + integer(random, 6);
  return Array.from({ length: count }, () => ({
    at: leaseSeconds * (0.1 + 0.9 * random.next()),
    // Shorter than a lease as often as longer.
    seconds: leaseSeconds * 2 * random.next(),
    whom: integer(random, 1000),
    kind: FAULTS[integer(random, FAULTS.length)] ?? 'kill',
  }));
}
